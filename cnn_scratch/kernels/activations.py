"""Activation functions made of straight lines: comparisons, additions and multiplications.

In every kernel the arrays are flat and of one dtype: ``x`` holds the inputs, ``y`` the outputs,
``grad`` ∂loss/∂y, ``grad_x`` ∂loss/∂x, and the last array is the one that is written. Options come
as numbers of the arrays' dtype, some in pairs. A choice is written as ``a if condition else b``,
which LLVM turns into vector instructions without a jump. These loops wait for memory, not for
arithmetic.

Where x is NaN no comparison holds; the order of the comparisons decides what comes out, and it is
chosen so that the outputs are Keras's.
"""

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared_ranges


@compiled_parallel
def relu(turns, x, y):
    """y = max(x, 0)."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = zero if x[i] <= zero else x[i]


@compiled_parallel
def relu_backward(turns, y, grad, grad_x):
    """dy/dx = 1 where y > 0, else 0."""
    zero = y.dtype.type(0)
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] if y[i] > zero else zero


@compiled_parallel
def leaky_relu(turns, x, negative_slope, y):
    """y = x where x > 0, else negative_slope·x."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            y[i] = x[i] if x[i] > zero else negative_slope * x[i]


@compiled_parallel
def leaky_relu_backward(turns, x, grad, negative_slope, grad_x):
    """dy/dx = 1 where x > 0, else negative_slope."""
    zero = x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            grad_x[i] = grad[i] if x[i] > zero else negative_slope * grad[i]


@compiled_parallel
def bounded_relu(turns, x, left, bounds, at_nan, slope_at_highest, y):
    """y = clip(x, lowest, highest) where x > threshold, else negative_slope·(x − threshold).

    Args:
        left: the negative slope, and the threshold where it ends.
        bounds: the lowest and the highest output to the right of it.
        at_nan: the output where x is NaN.
        slope_at_highest: for the backward kernel.
    """
    (negative_slope, threshold), (lowest, highest), zero = left, bounds, x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            # With a slope of 0 the product must not be taken: 0·(−∞) is NaN.
            below = zero if negative_slope == zero else negative_slope * (x[i] - threshold)
            above = x[i] if x[i] < highest else highest
            above = above if above > lowest else lowest
            y[i] = above if x[i] > threshold else (below if x[i] <= threshold else at_nan)


@compiled_parallel
def bounded_relu_backward(turns, x, grad, left, bounds, at_nan, slope_at_highest, grad_x):
    """dy/dx = 1 where threshold < x and lowest ≤ x < highest; negative_slope where x < threshold; else 0.

    At x = highest it is ``slope_at_highest``.
    """
    (negative_slope, threshold), (lowest, highest), zero = left, bounds, x.dtype.type(0)
    for part in shared_ranges(turns, x.size):
        for i in part:
            above = grad[i] if x[i] < highest else (slope_at_highest * grad[i] if x[i] == highest else zero)
            above = above if x[i] >= lowest else zero
            below = negative_slope * grad[i] if x[i] < threshold else zero
            grad_x[i] = above if x[i] > threshold else below


@compiled_parallel
def hard_sigmoid(turns, x, y):
    """y = clip(x + 3, 0, 6) / 6."""
    zero, three, six = x.dtype.type(0), x.dtype.type(3), x.dtype.type(6)
    for part in shared_ranges(turns, x.size):
        for i in part:
            shifted = x[i] + three
            y[i] = (zero if shifted <= zero else (six if shifted >= six else shifted)) / six


@compiled_parallel
def hard_sigmoid_backward(turns, y, grad, grad_x):
    """dy/dx = 1/6 where 0 < y < 1, else 0."""
    zero, one, six = y.dtype.type(0), y.dtype.type(1), y.dtype.type(6)
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] / six if (y[i] > zero) & (y[i] < one) else zero


@compiled_parallel
def steep_sigmoid(turns, x, slope, y):
    """y = clip(slope·x + 1/2, 0, 1)."""
    zero, half, one = x.dtype.type(0), x.dtype.type(0.5), x.dtype.type(1)
    for part in shared_ranges(turns, x.size):
        for i in part:
            risen = slope * x[i] + half
            y[i] = zero if risen <= zero else (one if risen >= one else risen)


@compiled_parallel
def steep_sigmoid_backward(turns, y, grad, slope, grad_x):
    """dy/dx = slope where 0 < y < 1, else 0."""
    zero, one = y.dtype.type(0), y.dtype.type(1)
    for part in shared_ranges(turns, y.size):
        for i in part:
            grad_x[i] = grad[i] * slope if (y[i] > zero) & (y[i] < one) else zero


@compiled_parallel
def hard_silu(turns, x, y):
    """y = x·hard_sigmoid(x)."""
    zero, three, six = x.dtype.type(0), x.dtype.type(3), x.dtype.type(6)
    for part in shared_ranges(turns, x.size):
        for i in part:
            shifted = x[i] + three
            gate = (zero if shifted <= zero else (six if shifted >= six else shifted)) / six
            y[i] = x[i] * gate


@compiled_parallel
def hard_silu_backward(turns, x, grad, grad_x):
    """dy/dx = 0 where x ≤ −3, 1 where x ≥ 3, else (2x + 3)/6."""
    zero, one, two = x.dtype.type(0), x.dtype.type(1), x.dtype.type(2)
    three, six = x.dtype.type(3), x.dtype.type(6)
    for part in shared_ranges(turns, x.size):
        for i in part:
            slope = zero if x[i] <= -three else (one if x[i] >= three else (two * x[i] + three) / six)
            grad_x[i] = grad[i] * slope


@compiled
def hard_tanh(x, y):
    """y = clip(x, −1, 1)."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = -one if x[i] < -one else (one if x[i] > one else x[i])


@compiled
def hard_tanh_backward(x, grad, grad_x):
    """dy/dx = 1 where −1 ≤ x ≤ 1, else 0."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        grad_x[i] = grad[i] if (x[i] >= -one) & (x[i] <= one) else zero


@compiled
def soft_shrink(x, threshold, y):
    """y = x − threshold where x > threshold, x + threshold where x < −threshold, else 0."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        negative = x[i] + threshold if x[i] < -threshold else zero
        y[i] = x[i] - threshold if x[i] > threshold else negative


@compiled
def hard_shrink(x, threshold, y):
    """y = x where |x| > threshold, else 0."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if abs(x[i]) > threshold else zero


@compiled
def shrink_backward(y, grad, threshold, grad_x):
    """dy/dx = 1 where y ≠ 0, which is where |x| > threshold, else 0; for both kinds of shrinking."""
    zero = y.dtype.type(0)
    for i in range(y.size):
        grad_x[i] = grad[i] if y[i] != zero else zero


@compiled
def threshold(x, threshold, default_value, y):
    """y = x where x > threshold, else default_value."""
    for i in range(x.size):
        y[i] = x[i] if x[i] > threshold else default_value


@compiled
def threshold_backward(x, grad, threshold, default_value, grad_x):
    """dy/dx = 1 where x > threshold, else 0."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        grad_x[i] = grad[i] if x[i] > threshold else zero
