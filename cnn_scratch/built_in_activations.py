"""The built-in activation functions: what each computes, from its options.

Each function below takes the *options* of an activation, checks them, and returns the formula that they make:
a pair of kernels, one for the outputs and one for the gradient. ``BuiltIn`` turns it into the object that
layers use. The kernels are in ``kernels/activations.py``, ``smooth_activations.py`` and ``softmax.py`` beside
it; ``reference/activations.py`` has the same formulas and derivatives in plain NumPy.
"""

import math

from cnn_scratch.activation import AlongAxis, BuiltIn, Elementwise, Identity, check_axis, check_numbers
from cnn_scratch.kernels import activations as kernels
from cnn_scratch.kernels import smooth_activations as smooth
from cnn_scratch.kernels import softmax as rows


@BuiltIn
def linear():
    """Return x itself."""
    return Identity()


def _relu_without_bounds(negative_slope: float):
    if negative_slope == 0:
        return Elementwise(kernels.relu, kernels.relu_backward, "outputs")
    # x and y have the same sign, so y is enough, unless a negative slope turns the left half over.
    cache = "outputs" if negative_slope > 0 else "inputs"
    return Elementwise(kernels.leaky_relu, kernels.leaky_relu_backward, cache, negative_slope)


@BuiltIn
def relu(negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0):
    """Rectified linear unit: max(x, 0).

    With options: min(x, max_value) where x > threshold, else negative_slope·(x − threshold).
    """
    check_numbers("relu", negative_slope=negative_slope, threshold=threshold)
    if max_value is None and threshold == 0:
        return _relu_without_bounds(negative_slope)
    # Keras sends a NaN through its comparison with a threshold, and the outcome is 0.
    at_nan = math.nan if threshold == 0 or negative_slope != 0 else 0.0
    lowest, highest, slope_at_highest = -math.inf, math.inf, 1.0
    if max_value is not None:
        check_numbers("relu", max_value=max_value)
        lowest, highest = 0.0, max_value
        # At x = max_value Keras has the derivative 1, except for its own ReLU6, which has 0.
        slope_at_highest = 0.0 if max_value == 6 and threshold == 0 else 1.0
    constants = (negative_slope, threshold), (lowest, highest), at_nan, slope_at_highest
    return Elementwise(kernels.bounded_relu, kernels.bounded_relu_backward, "inputs", *constants)


@BuiltIn
def relu6():
    """ReLU that stops at 6: min(max(x, 0), 6)."""
    return relu.with_options(max_value=6.0)


@BuiltIn
def leaky_relu(negative_slope: float = 0.2):
    """Return x where x > 0, else negative_slope·x."""
    check_numbers("leaky_relu", negative_slope=negative_slope)
    return _relu_without_bounds(negative_slope)


@BuiltIn
def elu(alpha: float = 1.0):
    """Exponential linear unit: x where x > 0, else alpha·(eˣ − 1), with alpha ≥ 0."""
    check_numbers("elu", at_least=0.0, alpha=alpha)
    return Elementwise(smooth.elu, smooth.elu_backward, "outputs", 1.0, alpha, 1.0, alpha)


@BuiltIn
def selu():
    """Scaled exponential linear unit: 1.0507·elu(x, alpha=1.6733); keeps mean 0 and variance 1."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return Elementwise(smooth.elu, smooth.elu_backward, "outputs", scale, scale * alpha, 1.0, scale)


@BuiltIn
def celu(alpha: float = 1.0):
    """ELU with a continuous derivative: x where x > 0, else alpha·(e^(x/alpha) − 1), with alpha > 0."""
    check_numbers("celu", above=0.0, alpha=alpha)
    return Elementwise(smooth.elu, smooth.elu_backward, "outputs", 1.0, alpha, 1.0 / alpha, 1.0)


@BuiltIn
def gelu(approximate: bool = False):
    """Gaussian error linear unit: x·Φ(x); approximate: ½x·(1 + tanh(√(2/π)·(x + 0.044715x³)))."""
    if not isinstance(approximate, bool):
        raise ValueError(
            f"`approximate` of activation 'gelu' must be a bool. Received: approximate={approximate!r}"
        )
    if approximate:
        return Elementwise(smooth.gelu_tanh, smooth.gelu_tanh_backward, "inputs")
    return Elementwise(smooth.gelu, smooth.gelu_backward, "inputs")


@BuiltIn
def silu():
    """Sigmoid linear unit, also called swish: x·σ(x)."""
    return Elementwise(smooth.silu, smooth.silu_backward, "inputs")


@BuiltIn
def sigmoid():
    """σ(x) = 1/(1 + e⁻ˣ)."""
    return Elementwise(smooth.sigmoid, smooth.sigmoid_backward, "outputs")


@BuiltIn
def hard_sigmoid(slope: float = 1 / 6):
    """A sigmoid of straight lines: clip(x + 3, 0, 6)/6.

    With another slope than 1/6: clip(slope·x + 1/2, 0, 1). In Keras 2 the slope was 1/5.
    """
    check_numbers("hard_sigmoid", at_least=0.0, slope=slope)
    if slope != 1 / 6:
        return Elementwise(kernels.steep_sigmoid, kernels.steep_sigmoid_backward, "outputs", slope)
    return Elementwise(kernels.hard_sigmoid, kernels.hard_sigmoid_backward, "outputs")


@BuiltIn
def hard_silu():
    """A SiLU with straight ends, also called hard_swish: x·hard_sigmoid(x)."""
    return Elementwise(kernels.hard_silu, kernels.hard_silu_backward, "inputs")


@BuiltIn
def tanh():
    """Hyperbolic tangent."""
    return Elementwise(smooth.tanh, smooth.tanh_backward, "outputs")


@BuiltIn
def hard_tanh():
    """A tanh of straight lines: clip(x, −1, 1)."""
    return Elementwise(kernels.hard_tanh, kernels.hard_tanh_backward, "inputs")


@BuiltIn
def softtanh():
    """Soft form of hard_tanh: softplus(x + 1) − softplus(x − 1) − 1.

    Neither Keras nor PyTorch nor TensorFlow has a function of this name, so the definition is this
    package's own. It is to hard_tanh what softplus is to ReLU: in
    clip(x, −1, 1) = relu(x + 1) − relu(x − 1) − 1, every relu is replaced by a softplus.
    """
    return Elementwise(smooth.softtanh, smooth.softtanh_backward, "inputs")


@BuiltIn
def tanh_shrink():
    """Return x − tanh(x)."""
    return Elementwise(smooth.tanh_shrink, smooth.tanh_shrink_backward, "inputs")


@BuiltIn
def soft_shrink(threshold: float = 0.5):
    """Pull x towards 0 by threshold ≥ 0; 0 where |x| ≤ threshold."""
    check_numbers("soft_shrink", at_least=0.0, threshold=threshold)
    return Elementwise(kernels.soft_shrink, kernels.shrink_backward, "outputs", threshold)


@BuiltIn
def hard_shrink(threshold: float = 0.5):
    """Return x where |x| > threshold, else 0; threshold ≥ 0."""
    check_numbers("hard_shrink", at_least=0.0, threshold=threshold)
    return Elementwise(kernels.hard_shrink, kernels.shrink_backward, "outputs", threshold)


@BuiltIn
def softplus():
    """Soft form of ReLU: ln(1 + eˣ)."""
    return Elementwise(smooth.softplus, smooth.softplus_backward, "outputs")


@BuiltIn
def softsign():
    """Return x/(1 + |x|)."""
    return Elementwise(smooth.softsign, smooth.softsign_backward, "inputs")


@BuiltIn
def softmax(axis: int | tuple[int, ...] = -1):
    """Probabilities along an axis: e^x_j / Σ_k e^x_k."""
    return AlongAxis(rows.softmax, rows.softmax_backward, check_axis("softmax", axis), "softmax")


@BuiltIn
def log_softmax(axis: int | tuple[int, ...] = -1):
    """Logarithm of softmax: x_j − ln Σ_k e^x_k."""
    return AlongAxis(
        rows.log_softmax, rows.log_softmax_backward, check_axis("log_softmax", axis), "log_softmax"
    )


@BuiltIn
def log_sigmoid():
    """Logarithm of the sigmoid: −ln(1 + e⁻ˣ)."""
    return Elementwise(smooth.log_sigmoid, smooth.log_sigmoid_backward, "outputs")


@BuiltIn
def exponential():
    """Return eˣ."""
    return Elementwise(smooth.exponential, smooth.exponential_backward, "outputs")


@BuiltIn
def mish():
    """Return x·tanh(softplus(x))."""
    return Elementwise(smooth.mish, smooth.mish_backward, "inputs")


@BuiltIn
def threshold(threshold: float, default_value: float):
    """Return x where x > threshold, else default_value. Both options must be given."""
    check_numbers("threshold", threshold=threshold, default_value=default_value)
    return Elementwise(kernels.threshold, kernels.threshold_backward, "inputs", threshold, default_value)


@BuiltIn
def squareplus(b: float = 4):
    """Soft form of ReLU without an exponential: (x + √(x² + b))/2, with b ≥ 0."""
    check_numbers("squareplus", at_least=0.0, b=b)
    return Elementwise(smooth.squareplus, smooth.squareplus_backward, "outputs", b)


BUILT_IN = {value.name: value for value in list(globals().values()) if isinstance(value, BuiltIn)}
