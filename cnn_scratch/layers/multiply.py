"""The product of several inputs."""

import numpy as np

from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging


class Multiply(ElementwiseMerging):
    """Multiplies its inputs: one of them often says how much of the other to let through.

    Maths:
        ::

            outputs = inputs[0] · inputs[1] · …

        With g = ∂loss/∂outputs, the factor of an input is the product of all others::

            ∂loss/∂inputs[i] = g · Π inputs[j]      over all j ≠ i

        (not outputs / inputs[i], which is 0 / 0 where an input is 0), and where a number was repeated to
        fit the others, the sum over the places it went to.

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
        >>> Multiply()([np.array([[1.0, 2.0]]), np.array([[10.0]])])
        array([[10., 20.]], dtype=float32)

    The readable definition is in ``reference/multiply.py``.
    """

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        arrays, input_shapes = self.prepare_aligned(inputs)
        return self._product(arrays), (arrays, input_shapes)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        arrays, input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        # forward: outputs = inputs[0] · inputs[1] · …
        grads = []
        for i, shape in enumerate(input_shapes):
            others = arrays[:i] + arrays[i + 1 :]
            if len(others) == 1 and is_scale(arrays[i], others[0]):
                nothing = np.zeros((len(grad_outputs), arrays[i].shape[-1]))
                # forward: outputs = (other - 0) * scale, the scale repeated for all places of a sample
                _, grad = kernels.gradient_sums(others[0], grad_outputs, nothing, np.ones_like(nothing))
                grads.append(grad.astype(self.dtype).reshape(shape))
            else:
                grads.append(self.sum_to(self._product([grad_outputs, *others]), shape))
        return grads

    def _product(self, arrays: list[np.ndarray]) -> np.ndarray:
        """Return the product in a new array; a scale for each channel has a kernel, on all threads."""
        values, *others = sorted(arrays, key=np.size, reverse=True)
        if len(others) != 1 or not is_scale(others[0], values):
            return self.combine(np.multiply, arrays)
        nothing = np.zeros((len(values), values.shape[-1]))
        return kernels.normalize(values, nothing, others[0].reshape(nothing.shape), nothing)


def is_scale(scale: np.ndarray, values: np.ndarray) -> bool:
    """Return whether ``scale`` has one number, (N, 1, …, 1, C), for each channel of the images ``values``."""
    places = (1,) * (values.ndim - 2)
    return scale.size < values.size and scale.shape == (len(values), *places, values.shape[-1])


def multiply(inputs: list, **kwargs):
    """Return ``Multiply(**kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Multiply(**kwargs)(inputs)
