"""What the layers that apply an activation have in common: the abstract class ``ActivationLayer``."""

import numpy as np

from cnn_scratch.activation import Activation
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class ActivationLayer(Layer):
    """A layer whose outputs are ``activation(inputs)``.

    A concrete layer sets ``activation``, an object of ``cnn_scratch.activations``: the function and its
    derivative are computed there.
    """

    activation: Activation

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
