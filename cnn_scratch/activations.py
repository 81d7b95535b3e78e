"""The activation functions, under Keras's names.

Each is an object that can be called like a function, with Keras's arguments::

    activations.relu(x)                              # outputs
    activations.elu(x, alpha=0.5)                    # outputs, with an option
    outputs, cache = activations.relu.forward(x)     # what a layer does
    grad_x = activations.relu.backward(grad, cache)
    relu6 = activations.relu.with_options(max_value=6)

A function below takes the *options* of an activation and returns the formula they make; ``BuiltIn`` turns
it into the object. The formulas themselves are in ``kernels/activations.py``, ``smooth_activations.py`` and
``softmax.py`` beside it, and as plain NumPy in ``reference/activations.py``. ``docs/activations.md`` has all.
"""

import math
from typing import Any

from cnn_scratch import regularizers
from cnn_scratch.absent import absent
from cnn_scratch.activation import (
    Activation,
    AlongAxis,
    BuiltIn,
    Elementwise,
    Identity,
    check_axis,
    check_numbers,
    options_of_layer,
)
from cnn_scratch.kernels import activations as kernels
from cnn_scratch.kernels import smooth_activations as smooth
from cnn_scratch.kernels import softmax as rows
from cnn_scratch.serialization import suggestion


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
    package's own. It is what softplus is to ReLU, done to hard_tanh: because
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


# The two names that Keras has twice.
swish = silu
hard_swish = hard_silu

_BUILT_IN = {value.name: value for value in list(globals().values()) if isinstance(value, BuiltIn)}
_TABLE = _BUILT_IN | {"swish": silu, "hard_swish": hard_silu}
# The layers of Keras that are an activation with options, which an argument ``activation`` may be, too.
OF_LAYERS = {
    "ReLU": relu,
    "LeakyReLU": leaky_relu.with_options(negative_slope=0.3),
    "ELU": elu,
    "Softmax": softmax,
}
LAYERS = (*OF_LAYERS, "Activation")  # besides, the layer whose activation is an argument
_ONLY_IN_KERAS = ("glu", "sparse_plus", "sparse_sigmoid", "sparsemax")
_OWN = "Write a subclass of `cnn_scratch.activation.Activation` with `forward` and `backward`."
__getattr__ = absent(__name__, [*_TABLE, "get", "serialize"], dict.fromkeys(_ONLY_IN_KERAS, _OWN))


def get(identifier: Any) -> Activation:
    """Return the activation that ``identifier`` stands for.

    Args:
        identifier: ``None`` (linear), a name, what ``serialize`` or Keras wrote, an ``Activation``, or one of
            the layers ``ReLU``, ``LeakyReLU``, ``ELU``, ``Softmax`` and ``Activation``.

    Raises:
        ValueError: the name is unknown (the nearest is suggested), or a function without ``backward``.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, str):
        return _by_name(identifier)
    if isinstance(identifier, dict):
        return _from_node(identifier)
    if type(identifier).__name__ in LAYERS and hasattr(identifier, "activation"):
        return identifier.activation.with_penalty(identifier.output_penalty)
    if callable(identifier):
        raise ValueError(
            "An activation needs its derivative besides the function itself, so a plain function cannot be "
            "one. Expected a name such as 'relu', or an object of a class derived from "
            "`cnn_scratch.activation.Activation` with two methods: `forward(x)`, which returns the outputs "
            "and a cache, and `backward(grad, cache)`, which returns the gradient of x. "
            f"Received: {identifier!r}"
        )
    raise ValueError(f"Could not interpret activation function identifier: {identifier!r}")


def serialize(activation: Activation) -> str | dict:
    """Return the name of a built-in activation, as Keras does.

    One with options becomes a dictionary: the node of a layer that computes it, if Keras has one; if not,
    Keras has no way to write it, and cannot read what this package writes.

    Raises:
        ValueError: it is not a built-in one, so a file could not say what it does.
    """
    if not isinstance(activation, BuiltIn):
        raise ValueError(
            f"Only built-in activations can be serialized, by their names. Received: {activation!r}"
        )
    layers = {of_layer.name: layer for layer, of_layer in OF_LAYERS.items()}
    name, config = layers.get(activation.name, activation.name), dict(activation.options)
    penalty = activation.activity_regularizer
    if penalty is not None:
        if name == activation.name:
            name, config = "Activation", {"activation": serialize(activation.with_penalty(None))}
        config["activity_regularizer"] = regularizers.serialize(penalty)
    elif activation.options == activation.defaults:
        return activation.name
    module = "keras.layers" if name in LAYERS else "cnn_scratch.activations"
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


deserialize = get


def _by_name(name: str) -> BuiltIn:
    if name in _TABLE:
        return _TABLE[name]
    if name in _ONLY_IN_KERAS:
        raise ValueError(f"Keras has an activation '{name}', but cnn_scratch does not. Received: '{name}'")
    raise ValueError(f"Unknown activation function: '{name}'.{suggestion(name, _TABLE)}")


def _from_node(node: dict) -> BuiltIn:
    name, config = node.get("class_name"), node.get("config")
    if name == "function":  # Keras writes a function so, with its name as the config
        name, config = config, None
    if not isinstance(name, str) or not isinstance(config, dict | None):
        raise ValueError(
            "Expected a serialized activation to be a dictionary with a 'class_name' (a string) and a "
            f"'config' (its options). Received: {node}"
        )
    if node.get("module") == "keras.layers" and name in LAYERS:
        options = options_of_layer(name, config or {})
        penalty = regularizers.get(options.pop("activity_regularizer", None))
        of_layer = get(options.pop("activation", None)) if name == "Activation" else OF_LAYERS[name]
        return (of_layer.with_options(**options) if options else of_layer).with_penalty(penalty)
    return _by_name(name).with_options(**(config or {}))
