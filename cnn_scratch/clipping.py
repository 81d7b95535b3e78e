"""Activations that only clip: what a layer in front of them can do with its outputs on the way to memory."""

import math

from cnn_scratch import activations, layers
from cnn_scratch.activation import Activation, BuiltIn

# The layers that apply an activation and do nothing else.
ACTIVATIONS = (layers.ReLU, layers.Activation)
# Floor and ceiling: of what does nothing, and of a ReLU.
NO_BOUNDS, RELU = (-math.inf, math.inf), (0.0, math.inf)


def bounds(activation: Activation) -> tuple[float, float] | None:
    """Return floor and ceiling if that is all the activation does.

    >>> bounds(activations.linear), bounds(activations.relu6), bounds(activations.tanh)
    ((-inf, inf), (0.0, 6.0), None)
    """
    if activation is activations.linear:
        return NO_BOUNDS
    if activation is activations.relu6:
        return 0.0, 6.0
    options = activation.options if isinstance(activation, BuiltIn) and activation.name == "relu" else None
    if options is None or options["negative_slope"] or options["threshold"]:
        return None
    return 0.0, math.inf if options["max_value"] is None else float(options["max_value"])
