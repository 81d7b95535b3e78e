"""The scalar product of two inputs along one axis."""

import math
from typing import Any

import numpy as np

from cnn_scratch.kernels.blas import product
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import Merging
from cnn_scratch.shapes import Shape

EPSILON = 1e-7  # Keras's: vectors shorter than this are divided by it when they are normalized


class Dot(Merging):
    """Multiplies two inputs along one axis of each, sample by sample: how alike are two vectors?

    Maths:
        With the axis to be summed moved to the end of the first input, x (N, A, K), and to the front of
        the second, y (N, K, B), it is one product of matrices per sample::

            outputs[n, a, b] = Σ_k x[n, a, k] · y[n, k, b]

        With g = ∂loss/∂outputs::

            ∂loss/∂x[n] = g[n] · y[n]ᵀ,      ∂loss/∂y[n] = x[n]ᵀ · g[n]

        ``normalize=True`` first divides each vector v along the axis by its length, ‖v‖ = √Σ v² (or by
        1e-7 if it is shorter), so that the output is the cosine of an angle. With v̂ = v / ‖v‖::

            ∂loss/∂v = (∂loss/∂v̂ − v̂ · Σ v̂ · ∂loss/∂v̂) / ‖v‖

        (the part along v̂ is lost, because a longer v has the same v̂).

    Args:
        axes: the axis of both inputs, or a pair, one for each. Axis 0, the batch, cannot be summed.
        normalize: whether the vectors along the axis are given the length 1 first.

    Input shape:
        A list of two shapes (N, …) of two axes or more, whose sizes along ``axes`` are equal.

    Output shape:
        (N, the other axes of the first, the other axes of the second); (N, 1) if there are none.

    Raises:
        TypeError: ``axes`` is neither an integer nor a list.
        ValueError: other ``axes`` that are no pair of integers, inputs that are not a list of two, or shapes
            that do not fit.

    Example:
        >>> Dot(axes=1)([np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 20.0, 30.0]])])
        array([[140.]], dtype=float32)

    The readable definition is in ``reference/dot.py``.
    """

    def __init__(self, axes, normalize: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.axes = _check_axes(axes)
        self.normalize = normalize

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        first, second = shapes = self.check_list(input_shape, 2)
        for shape in shapes:
            self.check_rank(shape, 2, or_more=True)
        one, two = self._axes_of(shapes)
        sizes = first[one], second[two]
        batches = {first[0], second[0]} - {None}
        if (None not in sizes and sizes[0] != sizes[1]) or len(batches) > 1:
            raise ValueError(
                f"Incompatible input shapes in layer '{self.name}': expected the same batch size, and "
                f"the same size along axes {one} and {two}. Received: shapes {shapes}"
            )
        rest = first[1:one] + first[one + 1 :] + second[1:two] + second[two + 1 :]
        return (*(batches or {None}), *(rest or (1,)))

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        input_shapes = [array.shape for array in inputs]
        one, two = self._axes_of(input_shapes)
        # the summed axis goes to the end of the first, and after the batch in the second
        x, y = np.moveaxis(inputs[0], one, -1), np.moveaxis(inputs[1], two, 1)
        x = x.reshape(len(x), math.prod(x.shape[1:-1]), x.shape[-1])  # (N, A, K)
        y = y.reshape(len(y), y.shape[1], math.prod(y.shape[2:]))  # (N, K, B)
        lengths = None
        if self.normalize:
            lengths = _length(x, axis=2), _length(y, axis=1)
            x, y = x / lengths[0], y / lengths[1]
        outputs = product(x, y)  # (N, A, B)
        return outputs.reshape(self.compute_output_shape(input_shapes)), (x, y, lengths, input_shapes)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        x, y, lengths, input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        grad_outputs = grad_outputs.reshape(len(x), x.shape[1], y.shape[2])  # (N, A, B)
        # forward: outputs = x @ y, for every sample
        grad_x = product(grad_outputs, y.transpose(0, 2, 1))
        grad_y = product(x.transpose(0, 2, 1), grad_outputs)
        if lengths is not None:
            # forward: x = inputs[0] / length, along the summed axis
            grad_x = _grad_before_division(grad_x, x, lengths[0], axis=2)
            grad_y = _grad_before_division(grad_y, y, lengths[1], axis=1)
        return self._put_back(grad_x, grad_y, input_shapes)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axes": self.axes, "normalize": self.normalize}

    def _axes_of(self, shapes: list[Shape]) -> tuple[int, int]:
        """Return the summed axis of each input, counted from the front; raise if they have none such."""
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        for axis, shape in zip(pair, shapes, strict=True):
            if not -len(shape) < axis < len(shape) or axis == 0:
                raise ValueError(
                    f"Layer '{self.name}' cannot sum over axes {self.axes}: expected axes that the inputs "
                    f"have, and not the batch (axis 0). Received: shapes {shapes}"
                )
        return pair[0] % len(shapes[0]), pair[1] % len(shapes[1])

    def _put_back(self, grad_x, grad_y, input_shapes: list[Shape]) -> list[np.ndarray]:
        """Return the gradients with the summed axis where the inputs have it."""
        (first, second), (one, two) = input_shapes, self._axes_of(input_shapes)
        grad_x = grad_x.reshape(*first[:one], *first[one + 1 :], first[one])
        grad_y = grad_y.reshape(second[0], second[two], *second[1:two], *second[two + 1 :])
        moved = np.moveaxis(grad_x, -1, one), np.moveaxis(grad_y, 1, two)
        return [np.ascontiguousarray(grad) for grad in moved]


def dot(inputs: list, axes=-1, **kwargs):
    """Return ``Dot(axes, **kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Dot(axes=axes, **kwargs)(inputs)


def _check_axes(axes):
    """Return ``axes`` as Keras keeps it: an integer, or a pair of them."""
    if isinstance(axes, int):
        return axes
    if not isinstance(axes, list | tuple):
        raise TypeError(
            f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes!r}"
        )
    if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
        raise ValueError(
            f"Invalid format for argument `axes`: it should contain two integers. Received: axes={axes!r}"
        )
    return axes


def _length(vectors: np.ndarray, axis: int) -> np.ndarray:
    """Return the length of each vector along ``axis``, and not less than ``EPSILON``."""
    squares = np.square(vectors).sum(axis=axis, keepdims=True)
    return np.maximum(np.sqrt(squares), vectors.dtype.type(EPSILON))


def _grad_before_division(grad: np.ndarray, unit: np.ndarray, length: np.ndarray, axis: int) -> np.ndarray:
    """Return ∂loss/∂v from ∂loss/∂v̂ for v̂ = v / max(‖v‖, EPSILON)."""
    along = (unit * grad).sum(axis=axis, keepdims=True)
    # a vector that was divided by EPSILON was divided by a constant: nothing is lost along it
    along[length <= EPSILON] = 0
    return (grad - unit * along) / length
