"""The activation functions, under Keras's names.

Each is an object that can be called like a function, with Keras's arguments::

    activations.relu(x)                              # outputs
    activations.elu(x, alpha=0.5)                    # outputs, with an option
    outputs, cache = activations.relu.forward(x)     # what a layer does
    grad_x = activations.relu.backward(grad, cache)
    relu6 = activations.relu.with_options(max_value=6)

``built_in_activations.py`` says what each of them computes; ``docs/activations.md`` lists all formulas and
derivatives. Here is how an activation is found by its name, and how it is written into a file.
"""

from typing import Any

from cnn_scratch import regularizers
from cnn_scratch.absent import absent
from cnn_scratch.activation import Activation, BuiltIn, options_of_layer
from cnn_scratch.built_in_activations import (
    BUILT_IN,
    celu,
    elu,
    exponential,
    gelu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    softtanh,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from cnn_scratch.serialization import suggestion

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "softtanh",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

# Two functions have a second name in Keras.
swish = silu
hard_swish = hard_silu

_TABLE = BUILT_IN | {"swish": swish, "hard_swish": hard_swish}
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
__getattr__ = absent(__name__, __all__, dict.fromkeys(_ONLY_IN_KERAS, _OWN))


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
