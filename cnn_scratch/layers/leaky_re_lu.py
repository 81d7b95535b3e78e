"""ReLU with a small slope for negative numbers."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class LeakyReLU(Layer):
    """Lets positive numbers pass and makes negative ones small, so that their gradient never is zero.

    Maths:
        With a the negative_slope::

            outputs = inputs where inputs > 0, else a · inputs
            ∂loss/∂inputs = ∂loss/∂outputs where inputs > 0, else a · ∂loss/∂outputs

    Args:
        negative_slope: a ≥ 0.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative slope below 0, or none.

    Example:
        >>> LeakyReLU(negative_slope=0.5)(np.array([[-10, -5, 0, 5]]))
        array([[-5. , -2.5,  0. ,  5. ]], dtype=float32)

    The readable definition is in ``reference/leaky_re_lu.py``. See Maas, Hannun & Ng, "Rectifier
    nonlinearities improve neural network acoustic models" (ICML 2013).
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs):
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Expected a float. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.activation = activations.leaky_relu.with_options(negative_slope=negative_slope)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return self.activation.forward(inputs)  # the cache has the shape of the outputs

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        grad_outputs = self.prepare_gradient(grad_outputs, cache.shape)
        # forward: outputs = activation(inputs)
        return self.activation.backward(grad_outputs, cache)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"negative_slope": self.negative_slope}
