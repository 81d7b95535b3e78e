"""The layer that changes nothing."""

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class Identity(Layer):
    """Returns its inputs: a placeholder where a program may put one layer or another.

    Maths:
        ::

            outputs = inputs
            ∂loss/∂inputs = ∂loss/∂outputs

    Args:
        **kwargs: ``name``, ``dtype`` and the other arguments of every layer.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a keyword that no layer has.

    Example:
        >>> norm = None  # or BatchNormalization
        >>> layer = norm() if norm else Identity()
        >>> layer(np.array([[1, -3]]))
        array([[ 1., -3.]], dtype=float32)

    The readable definition is in ``reference/identity.py``.
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return inputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        # forward: outputs = inputs
        return self.prepare_gradient(grad_outputs, cache)
