"""Every activation function and its derivative, by the formula in the textbook.

``name(x)`` is the function, ``name_derivative(x)`` its derivative; ∂loss/∂x = ∂loss/∂y · derivative. At a
corner of the graph, where the derivative jumps, the convention of Keras is taken. Softmax and
log_softmax mix the numbers of a row, so they have ``name_backward(x, grad)`` instead.
"""

# ruff: noqa: D103  (each formula is its own explanation)

import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def linear(x):
    return x


def linear_derivative(x):
    return np.ones_like(x)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    above = np.where(x > threshold, x, 0)
    if max_value is not None:
        above = np.clip(above, 0, max_value)
    return above - negative_slope * np.maximum(threshold - x, 0)


def relu_derivative(x, negative_slope=0.0, max_value=None, threshold=0.0):
    if max_value is None and threshold == 0:
        return np.where(x > 0, 1, negative_slope)
    above = x > threshold
    if max_value == 6 and threshold == 0:
        above = above & (x < 6)
    elif max_value is not None:
        above = above & (x >= 0) & (x <= max_value)
    return np.where(above, 1, np.where(x < threshold, negative_slope, 0))


def relu6(x):
    return np.clip(x, 0, 6)


def relu6_derivative(x):
    return np.where((x > 0) & (x < 6), 1, 0)


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def leaky_relu_derivative(x, negative_slope=0.2):
    return np.where(x > 0, 1, negative_slope)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_derivative(x, alpha=1.0):
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def selu(x):
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_derivative(x):
    return SELU_SCALE * np.where(x >= 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def celu_derivative(x, alpha=1.0):
    return np.exp(np.minimum(x, 0) / alpha)


def gelu(x, approximate=False):
    if approximate:
        return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + _erf(x / np.sqrt(2)))


def gelu_derivative(x, approximate=False):
    if approximate:
        t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return (1 + t) / 2 + x / 2 * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    return (1 + _erf(x / np.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2  # = 1/(1 + e⁻ˣ), and cannot overflow


def sigmoid_derivative(x):
    return sigmoid(x) * sigmoid(-x)


def silu(x):
    return x * sigmoid(x)


def silu_derivative(x):
    return sigmoid(x) + x * sigmoid_derivative(x)


def hard_sigmoid(x, slope=1 / 6):
    return np.clip(slope * x + 0.5, 0, 1)


def hard_sigmoid_derivative(x, slope=1 / 6):
    return np.where((slope * x > -0.5) & (slope * x < 0.5), slope, 0)


def hard_silu(x):
    return x * hard_sigmoid(x)


def hard_silu_derivative(x):
    return hard_sigmoid(x) + x * hard_sigmoid_derivative(x)


def tanh(x):
    return np.tanh(x)


def tanh_derivative(x):
    return 1 - np.tanh(x) ** 2


def hard_tanh(x):
    return np.clip(x, -1, 1)


def hard_tanh_derivative(x):
    return np.where((x >= -1) & (x <= 1), 1, 0)


def softtanh(x):
    return softplus(x + 1) - softplus(x - 1) - 1


def softtanh_derivative(x):
    return sigmoid(x + 1) - sigmoid(x - 1)


def tanh_shrink(x):
    return x - np.tanh(x)


def tanh_shrink_derivative(x):
    return np.tanh(x) ** 2


def soft_shrink(x, threshold=0.5):
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


def soft_shrink_derivative(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, 1, 0)


def hard_shrink(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, x, 0)


def hard_shrink_derivative(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, 1, 0)


def softplus(x):
    return np.logaddexp(x, 0)  # = ln(eˣ + e⁰)


def softplus_derivative(x):
    return sigmoid(x)


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_derivative(x):
    return 1 / (1 + np.abs(x)) ** 2


def log_sigmoid(x):
    return -softplus(-x)


def log_sigmoid_derivative(x):
    return sigmoid(-x)


def exponential(x):
    return np.exp(x)


def exponential_derivative(x):
    return np.exp(x)


def mish(x):
    return x * np.tanh(softplus(x))


def mish_derivative(x):
    w = np.tanh(softplus(x))
    return w + x * (1 - w**2) * sigmoid(x)


def threshold(x, threshold, default_value):
    return np.where(x > threshold, x, default_value)


def threshold_derivative(x, threshold, default_value):
    return np.where(x > threshold, 1, 0)


def squareplus(x, b=4):
    return (x + np.sqrt(x**2 + b)) / 2


def squareplus_derivative(x, b=4):
    return (1 + x / np.sqrt(x**2 + b)) / 2


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(x, grad, axis=-1):
    y = softmax(x, axis)
    return y * (grad - (grad * y).sum(axis=axis, keepdims=True))


def log_softmax(x, axis=-1):
    return np.log(softmax(x, axis))


def log_softmax_backward(x, grad, axis=-1):
    return grad - softmax(x, axis) * grad.sum(axis=axis, keepdims=True)
