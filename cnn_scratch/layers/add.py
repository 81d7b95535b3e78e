"""The sum of several inputs."""

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging


class Add(ElementwiseMerging):
    """Adds its inputs: a residual block ends with it, where what was computed joins what came in.

    Maths:
        ::

            outputs = inputs[0] + inputs[1] + …

        With g = ∂loss/∂outputs, each input has the factor 1 in the sum::

            ∂loss/∂inputs[i] = g

        and where a number was repeated to fit the others, the sum of g over the places it went to.

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
        >>> Add()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]]), np.array([[100.0]])])
        array([[111., 122.]], dtype=float32)

    The readable definition is in ``reference/add.py``.
    """

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        arrays, input_shapes = self.prepare_aligned(inputs)
        # a sum is linear: backward needs no numbers, only the shapes
        return self.combine(np.add, arrays), input_shapes

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        # forward: outputs = inputs[0] + inputs[1] + …
        return [self.sum_to(grad_outputs, shape) for shape in input_shapes]


def add(inputs: list, **kwargs):
    """Return ``Add(**kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Add(**kwargs)(inputs)
