"""Activation functions made of exponentials, number by number.

The arrays are flat and of one dtype, as in ``kernels/activations.py``. Every formula is arranged so
that nothing overflows and no digits cancel: exponentials are taken of −|x| only, and called t.

The exponential comes from ``kernels/exponential.py``, so most of these loops run in vector registers.
GELU in float64 (erfc), softplus, log_sigmoid (log1p) and softtanh (atanh) call the C library number by number
and cost several times as much.
"""

import math

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.exponential import exp, expm1
from cnn_scratch.kernels.normal_distribution import normal_area
from cnn_scratch.kernels.threads import shared_ranges


@compiled
def _sigmoid(x):
    """σ(x) = 1/(1 + e⁻ˣ), for one number."""
    zero, one = type(x)(0), type(x)(1)
    t = exp(-abs(x))
    return (one if x >= zero else t) / (one + t)


@compiled
def _tanh(x):
    """tanh(x) = (1 − e⁻²ˣ)/(1 + e⁻²ˣ), for one number."""
    zero, two = type(x)(0), type(x)(2)
    m = expm1(-two * abs(x))
    size = (zero - m) / (two + m)
    return size if x >= zero else -size


@compiled_parallel
def sigmoid(turns, x, y):
    """y = 1/(1 + e⁻ˣ)."""
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = _sigmoid(x[i])


@compiled_parallel
def sigmoid_backward(turns, y, grad, grad_x):
    """dy/dx = y·(1 − y)."""
    one = y.dtype.type(1)
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] * (y[i] * (one - y[i]))


@compiled_parallel
def tanh(turns, x, y):
    """y = tanh(x)."""
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = _tanh(x[i])


@compiled_parallel
def tanh_backward(turns, y, grad, grad_x):
    """dy/dx = 1 − y² = (1 − y)·(1 + y)."""
    one = y.dtype.type(1)
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] * ((one - y[i]) * (one + y[i]))


@compiled
def tanh_shrink(x, y):
    """y = x − tanh(x)."""
    for i in range(x.size):
        y[i] = x[i] - _tanh(x[i])


@compiled
def tanh_shrink_backward(x, grad, grad_x):
    """dy/dx = tanh(x)²."""
    for i in range(x.size):
        grad_x[i] = grad[i] * _tanh(x[i]) ** 2


@compiled_parallel
def silu(turns, x, y):
    """y = x·σ(x)."""
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = x[i] * _sigmoid(x[i])


@compiled_parallel
def silu_backward(turns, x, grad, grad_x):
    """dy/dx = σ(x)·(1 + x·(1 − σ(x)))."""
    one = x.dtype.type(1)
    for part in shared_ranges(turns, x.size):
        for i in part:
            gate = _sigmoid(x[i])
            grad_x[i] = grad[i] * (gate * (one + x[i] * (one - gate)))


@compiled_parallel
def gelu(turns, x, y):
    """y = x·Φ(x), where Φ is the normal distribution."""
    half = x.dtype.type(0.5)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = x[i] * normal_area(x[i], exp(-half * x[i] * x[i]))


@compiled_parallel
def gelu_backward(turns, x, grad, grad_x):
    """dy/dx = Φ(x) + x·φ(x), where φ(x) = e^(−x²/2)/√(2π)."""
    half, density = x.dtype.type(0.5), x.dtype.type(1 / math.sqrt(2 * math.pi))
    for part in shared_ranges(turns, x.size):
        for i in part:
            bell = exp(-half * x[i] * x[i])
            grad_x[i] = grad[i] * (normal_area(x[i], bell) + x[i] * density * bell)


@compiled_parallel
def gelu_tanh(turns, x, y):
    """y = ½x·(1 + tanh u) = x·σ(2u), where u = √(2/π)·(x + 0.044715x³)."""
    one, cubic = x.dtype.type(1), x.dtype.type(0.044715)
    scale = x.dtype.type(2 * math.sqrt(2 / math.pi))
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = x[i] * _sigmoid(scale * x[i] * (one + cubic * x[i] * x[i]))


@compiled_parallel
def gelu_tanh_backward(turns, x, grad, grad_x):
    """dy/dx = σ(2u) + x·σ(2u)·(1 − σ(2u))·2u′."""
    one, three, cubic = x.dtype.type(1), x.dtype.type(3), x.dtype.type(0.044715)
    scale = x.dtype.type(2 * math.sqrt(2 / math.pi))
    for part in shared_ranges(turns, x.size):
        for i in part:
            square = cubic * x[i] * x[i]
            gate = _sigmoid(scale * x[i] * (one + square))
            grad_x[i] = grad[i] * (gate + x[i] * (gate * (one - gate)) * (scale * (one + three * square)))


@compiled_parallel
def elu(turns, x, positive, negative, rate, slope_at_zero, y):
    """y = positive·x where x > 0, else negative·(e^(rate·x) − 1): ELU, SELU and CELU."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = positive * x[i] if x[i] > zero else negative * expm1(rate * x[i])


@compiled_parallel
def elu_backward(turns, y, grad, positive, negative, rate, slope_at_zero, grad_x):
    """dy/dx = positive where y > 0; negative·rate·e^(rate·x) = rate·(y + negative) where y < 0."""
    zero = y.dtype.type(0)
    for part in shared_ranges(turns, y.size):
        for i in part:
            slope = positive if y[i] > zero else slope_at_zero
            grad_x[i] = grad[i] * (rate * (y[i] + negative) if y[i] < zero else slope)


@compiled_parallel
def mish(turns, x, y):
    """y = x·tanh(softplus(x)).

    With n = eˣ·(eˣ + 2): tanh(ln(1 + eˣ)) = ((1 + eˣ)² − 1)/((1 + eˣ)² + 1) = n/(n + 2). For x ≥ 0
    numerator and denominator are multiplied by e⁻²ˣ.
    """
    zero, one, two = x.dtype.type(0), x.dtype.type(1), x.dtype.type(2)
    for part in shared_ranges(turns, x.size):
        for i in part:
            t = exp(-abs(x[i]))
            top = one + two * t if x[i] >= zero else t * (t + two)
            y[i] = x[i] * (top / (top + (two * t * t if x[i] >= zero else two)))


@compiled_parallel
def mish_backward(turns, x, grad, grad_x):
    """dy/dx = w + x·(1 − w²)·σ(x), where w = tanh(softplus(x)); the fractions as in ``mish``."""
    zero, one, two, four = x.dtype.type(0), x.dtype.type(1), x.dtype.type(2), x.dtype.type(4)
    for part in shared_ranges(turns, x.size):
        for i in part:
            t = exp(-abs(x[i]))
            top = one + two * t if x[i] >= zero else t * (t + two)
            bottom = top + (two * t * t if x[i] >= zero else two)
            slope = four * t * (one + t) * (t if x[i] >= zero else one) / (bottom * bottom)
            grad_x[i] = grad[i] * (top / bottom + x[i] * slope)


@compiled_parallel
def softplus(turns, x, y):
    """y = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = (x[i] if x[i] > zero else zero) + np.log1p(exp(-abs(x[i])))


@compiled_parallel
def softplus_backward(turns, y, grad, grad_x):
    """dy/dx = σ(x) = 1 − e⁻ʸ."""
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] * -expm1(-y[i])


@compiled_parallel
def log_sigmoid(turns, x, y):
    """y = ln σ(x) = min(x, 0) − ln(1 + e^−|x|)."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = (x[i] if x[i] < zero else zero) - np.log1p(exp(-abs(x[i])))


@compiled_parallel
def log_sigmoid_backward(turns, y, grad, grad_x):
    """dy/dx = 1 − σ(x) = 1 − eʸ."""
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] * -expm1(y[i])


@compiled
def exponential(x, y):
    """y = eˣ."""
    for i in range(x.size):
        y[i] = exp(x[i])


@compiled
def exponential_backward(y, grad, grad_x):
    """dy/dx = y."""
    for i in range(y.size):
        grad_x[i] = grad[i] * y[i]


@compiled
def softsign(x, y):
    """y = x/(1 + |x|)."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = x[i] / (one + abs(x[i]))


@compiled
def softsign_backward(x, grad, grad_x):
    """dy/dx = 1/(1 + |x|)²."""
    one = x.dtype.type(1)
    for i in range(x.size):
        grad_x[i] = grad[i] / ((one + abs(x[i])) * (one + abs(x[i])))


@compiled
def squareplus(x, b, y):
    """y = (x + √(x² + b))/2 = (b/2)/(√(x² + b) − x); the second form where x < 0, so that nothing cancels."""
    zero, two = x.dtype.type(0), x.dtype.type(2)
    for i in range(x.size):
        root = np.sqrt(x[i] * x[i] + b)
        y[i] = b / two / (root - x[i]) if x[i] < zero else (x[i] + root) / two


@compiled
def squareplus_backward(y, grad, b, grad_x):
    """dy/dx = (1 + x/√(x² + b))/2 = y/(y + b/(4y)), because √(x² + b) = y + b/(4y)."""
    zero, four = y.dtype.type(0), y.dtype.type(4)
    for i in range(y.size):
        grad_x[i] = zero if y[i] == zero else grad[i] * (y[i] / (y[i] + b / four / y[i]))


@compiled
def softtanh(x, y):
    """y = softplus(x + 1) − softplus(x − 1) − 1 = 2·artanh(tanh(½)·tanh(x/2))."""
    half, two = x.dtype.type(0.5), x.dtype.type(2)
    tanh_half = x.dtype.type(math.tanh(0.5))
    for i in range(x.size):
        y[i] = two * np.arctanh(tanh_half * _tanh(half * x[i]))


@compiled
def softtanh_backward(x, grad, grad_x):
    """dy/dx = σ(x + 1) − σ(x − 1) = sinh(1)/(cosh(1) + cosh(x)) = 2·sinh(1)·t/(1 + 2·cosh(1)·t + t²)."""
    one, a, b = x.dtype.type(1), x.dtype.type(2 * math.sinh(1)), x.dtype.type(2 * math.cosh(1))
    for i in range(x.size):
        t = exp(-abs(x[i]))
        grad_x[i] = grad[i] * (a * t / (one + b * t + t * t))
