"""The mean of several inputs."""

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging


class Average(ElementwiseMerging):
    """Takes the mean of its inputs, number by number.

    Maths:
        For K inputs::

            outputs = (inputs[0] + inputs[1] + …) / K

        With g = ∂loss/∂outputs, each input has the factor 1/K in the mean::

            ∂loss/∂inputs[i] = g / K

        and where a number was repeated to fit the others, the sum over the places it went to.

    Args:
        kwargs: those of every layer (``name``, ``dtype``, …).

    Input shape:
        A list of shapes (N, …), the sizes of each axis equal or 1. Where one has fewer axes, its last
        ones are aligned with the last ones of the others.

    Output shape:
        (N, …), the largest size of each axis.

    Raises:
        ValueError: inputs that are not a list, different batch sizes, or shapes that do not fit.

    Example:
        >>> Average()([np.array([[1.0, 2.0]]), np.array([[3.0, 6.0]])])
        array([[2., 4.]], dtype=float32)

    The readable definition is in ``reference/average.py``.
    """

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        arrays, input_shapes = self.prepare_aligned(inputs)
        outputs = self.combine(np.add, arrays)
        outputs /= len(arrays)
        # a mean is linear: backward needs no numbers, only the shapes
        return outputs, input_shapes

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        # forward: outputs = (inputs[0] + inputs[1] + …) / K
        share = grad_outputs / len(input_shapes)
        return [self.sum_to(share, shape) for shape in input_shapes]


def average(inputs: list, **kwargs):
    """Return ``Average(**kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Average(**kwargs)(inputs)
