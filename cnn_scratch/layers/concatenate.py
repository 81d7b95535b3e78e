"""Several inputs side by side."""

import math
from typing import Any

import numpy as np

from cnn_scratch.axes import standardize_one_axis
from cnn_scratch.kernels.blocks import copy_blocks, write_side_by_side
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import Merging
from cnn_scratch.shapes import Shape


class Concatenate(Merging):
    """Puts its inputs side by side along one axis, usually the channels.

    Maths:
        Along the axis, with L₀, L₁, … the sizes of the inputs::

            outputs[…, L₀ + … + Lᵢ₋₁ + k, …] = inputs[i][…, k, …]      for k < Lᵢ

        Each number is copied to one place, so its gradient comes back from there::

            ∂loss/∂inputs[i][…, k, …] = ∂loss/∂outputs[…, L₀ + … + Lᵢ₋₁ + k, …]

    Args:
        axis: along which the inputs are joined; negative ones count from the end.

    Input shape:
        A list of shapes that are equal except for the size of ``axis``.

    Output shape:
        The same shape; the size of ``axis`` is the sum of the inputs' sizes.

    Raises:
        ValueError: inputs that are not a list, or shapes that do not fit.

    Example:
        >>> Concatenate()([np.array([[1.0, 2.0]]), np.array([[3.0]])])
        array([[1., 2., 3.]], dtype=float32)

    The readable definition is in ``reference/concatenate.py``.
    """

    def __init__(self, axis: int = -1, **kwargs):
        super().__init__(**kwargs)
        self.axis = standardize_one_axis(axis)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        first, *others = shapes = self.check_list(input_shape)
        rank = len(first)
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"Layer '{self.name}' joins its inputs along axis {self.axis}, which they do not have. "
                f"Received: shapes {shapes}"
            )
        axis = self.axis % rank
        for other in others:
            fits = (one is None or two is None or one == two for one, two in zip(first, other, strict=False))
            if len(other) != rank or not all(fit or i == axis for i, fit in enumerate(fits)):
                raise ValueError(
                    f"Layer '{self.name}' requires inputs with matching shapes except for the "
                    f"concatenation axis {self.axis}. Received: shapes {shapes}"
                )
        sizes = [shape[axis] for shape in shapes]
        return (*first[:axis], None if None in sizes else sum(sizes), *first[axis + 1 :])

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        # numbers are only moved: backward needs the shapes
        return self.joined(inputs), [array.shape for array in inputs]

    def joined(self, inputs: list[np.ndarray], rectified: bool = False) -> np.ndarray:
        """Return the inputs as one array; ``rectified``: with ReLU applied to it."""
        input_shapes = [array.shape for array in inputs]
        outputs = aligned_empty(self.compute_output_shape(input_shapes), self.dtype)
        # (R, L₁·B), (R, L₂·B), … become (R, ΣLᵢ·B)
        write_side_by_side(
            [self._as_rows(array)[0] for array in inputs], self._as_rows(outputs)[0], rectified
        )
        return outputs

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        input_shapes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shapes))
        rows = self._as_rows(grad_outputs)
        grads = [aligned_empty(shape, self.dtype) for shape in input_shapes]
        for grad, start in zip(grads, self._starts(input_shapes), strict=True):
            columns = self._as_rows(grad)
            # forward: rows[0, :, start : start + width] = columns
            copy_blocks(rows, (0, start), columns, (0, 0), columns.shape[1:])
        return grads

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}

    def _as_rows(self, array: np.ndarray) -> np.ndarray:
        """Return the array as one matrix: its rows are the axes before ``axis``, its columns the others."""
        axis = self.axis % array.ndim
        return array.reshape(1, math.prod(array.shape[:axis]), math.prod(array.shape[axis:]))

    def _starts(self, input_shapes: list[Shape]) -> list[int]:
        """Return the column in which each input starts."""
        axis = self.axis % len(input_shapes[0])
        widths = [math.prod(shape[axis:]) for shape in input_shapes]
        return [sum(widths[:i]) for i in range(len(widths))]


def concatenate(inputs: list, axis: int = -1, **kwargs):
    """Return ``Concatenate(axis, **kwargs)(inputs)``, for arrays or symbolic tensors."""
    return Concatenate(axis=axis, **kwargs)(inputs)
