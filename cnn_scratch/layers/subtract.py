"""The difference of two inputs."""

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging


class Subtract(ElementwiseMerging):
    """Subtracts the second of its two inputs from the first.

    Maths:
        ::

            outputs = inputs[0] − inputs[1]

        With g = ∂loss/∂outputs, the factors of the two inputs are 1 and −1::

            ∂loss/∂inputs[0] = g,      ∂loss/∂inputs[1] = −g

        and where a number was repeated to fit the other input, the sum over the places it went to.

    Args:
        kwargs: those of every layer (``name``, ``dtype``, …).

    Input shape:
        A list of shapes (N, …), the sizes of each axis equal or 1. Where one has fewer axes, its last
        ones are aligned with the last ones of the others.

    Output shape:
        (N, …), the largest size of each axis.

    Raises:
        ValueError: inputs that are not a list of two, different batch sizes, or shapes that do not fit.

    Example:
        >>> Subtract()([np.array([[10.0, 20.0]]), np.array([[1.0, 2.0]])])
        array([[ 9., 18.]], dtype=float32)

    The readable definition is in ``reference/subtract.py``.
    """

    inputs_expected = 2

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        arrays, input_shapes = self.prepare_aligned(inputs)
        # a difference is linear: backward needs no numbers, only the shapes
        return self.combine(np.subtract, arrays), input_shapes

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        # forward: outputs = inputs[0] − inputs[1]
        return [self.sum_to(grad_outputs, input_shapes[0]), -self.sum_to(grad_outputs, input_shapes[1])]


def subtract(inputs: list, **kwargs):
    """Return ``Subtract(**kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Subtract(**kwargs)(inputs)
