"""An activation function as a layer."""

from typing import Any

from cnn_scratch import activations
from cnn_scratch.layers.activation_layer import ActivationLayer


class Activation(ActivationLayer):
    """Applies a function to every number; without one, a stack of layers could only draw straight lines.

    Maths:
        With f the activation::

            outputs = f(inputs)
            ∂loss/∂inputs = ∂loss/∂outputs · f′(inputs)       (the chain rule, number by number)

        ``softmax`` and ``log_softmax`` mix the numbers along the last axis; see ``layers/softmax.py``.

    Args:
        activation: a name such as ``"tanh"``, or an activation object.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an unknown name; the nearest one is suggested.

    Example:
        >>> import numpy as np
        >>> Activation("relu")(np.array([[-3.0, -1.0, 0.0, 2.0]]))
        array([[0., 0., 0., 2.]], dtype=float32)

    The readable definition is in ``reference/activation.py``, the functions in ``built_in_activations.py``.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": activations.serialize(self.activation)}
