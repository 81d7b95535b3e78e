"""An activation function as a layer."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class Activation(Layer):
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
        >>> Activation("relu")(np.array([[-3.0, -1.0, 0.0, 2.0]]))
        array([[0., 0., 0., 2.]], dtype=float32)

    The readable definition is in ``reference/activation.py``, the functions in ``activations.py``.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        outputs, activation_cache = self.activation.forward(inputs)
        return outputs, (inputs.shape, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, output_shape)
        # forward: outputs = activation(inputs)
        return self.activation.backward(grad_outputs, activation_cache)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": activations.serialize(self.activation)}
