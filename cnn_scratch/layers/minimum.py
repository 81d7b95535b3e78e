"""The smallest of several inputs."""

import numpy as np

from cnn_scratch.kernels import winners as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging


class Minimum(ElementwiseMerging):
    """Keeps the smallest of its inputs, number by number.

    Maths:
        ::

            outputs = min(inputs[0], inputs[1], …)

        With g = ∂loss/∂outputs::

            ∂loss/∂inputs[i] = g   where the output is inputs[i], else 0

        and where a number was repeated to fit the others, the sum over the places it went to. The inputs
        are compared one after the other, and the next one wins unless the smallest so far is at least as
        small: of equal numbers the first gets the gradient, as in Keras on TensorFlow. A NaN in any input
        makes the output NaN.

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
        >>> Minimum()([np.array([[1.0, 20.0]]), np.array([[10.0, 2.0]])])
        array([[1., 2.]], dtype=float32)

    The readable definition is in ``reference/minimum.py``.
    """

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        arrays, input_shapes = self.prepare_aligned(inputs)
        # winners tells which input each output is
        outputs, winners = kernels.best_of(arrays, self.compute_output_shape(input_shapes), sign=-1)
        return outputs, (winners, input_shapes)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        winners, input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        # forward: each output is the number of the input that won
        return [
            self.sum_to(kernels.gradient_of(winners, i, grad_outputs), shape)
            for i, shape in enumerate(input_shapes)
        ]


def minimum(inputs: list, **kwargs):
    """Return ``Minimum(**kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Minimum(**kwargs)(inputs)
