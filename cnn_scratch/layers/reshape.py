"""Another shape for the same numbers."""

import math
from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class Reshape(Layer):
    """Gives every sample another shape. The numbers, and their order in memory, stay.

    Maths:
        In row-major order number i of a sample is number i of its output::

            outputs[n].flat[i] = inputs[n].flat[i]
            ∂loss/∂inputs[n].flat[i] = ∂loss/∂outputs[n].flat[i]

    Args:
        target_shape: the new shape of one sample, without the batch size. One of the numbers may be
            −1: it is then the size that is left over.

    Input shape:
        (N, …).

    Output shape:
        (N, *target_shape).

    Raises:
        ValueError: a target shape that is not possible, or does not have as many numbers as a sample.

    Example:
        >>> Reshape((2, -1))(np.arange(6.0).reshape(1, 6))
        array([[[0., 1., 2.],
                [3., 4., 5.]]], dtype=float32)

    The readable definition is in ``reference/reshape.py``.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = _standardize_target_shape(target_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 1, or_more=True)
        N, *sizes = input_shape
        if None in sizes:
            return (N, *(None if size == -1 else size for size in self.target_shape))
        total = math.prod(sizes)
        known = math.prod(size for size in self.target_shape if size != -1)
        rest = total // known if known else 0  # what a −1 stands for
        target_shape = tuple(rest if size == -1 else size for size in self.target_shape)
        if math.prod(target_shape) != total:
            raise ValueError(
                f"The total size of the tensor must be unchanged by layer '{self.name}'. Received: "
                f"input_shape={tuple(sizes)} ({total} numbers), target_shape={self.target_shape}"
            )
        return (N, *target_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return inputs.reshape(self.compute_output_shape(inputs.shape)), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        # forward: outputs = inputs.reshape(output_shape)
        return grad_outputs.reshape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"target_shape": self.target_shape}


def _standardize_target_shape(target_shape) -> tuple[int, ...]:
    """Return ``target_shape`` as a tuple of ints, at most one of which is −1."""
    sizes = tuple(target_shape) if hasattr(target_shape, "__iter__") else (None,)
    whole = all(isinstance(size, int | np.integer) and not isinstance(size, bool) for size in sizes)
    if not whole or min(sizes, default=0) < -1:
        raise ValueError(
            "Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single unknown "
            f"dimension. Received: target_shape={target_shape!r}"
        )
    if sizes.count(-1) > 1:
        raise ValueError(
            "There must be at most one unknown dimension (-1) in `target_shape`. "
            f"Received: target_shape={target_shape!r}"
        )
    return tuple(int(size) for size in sizes)
