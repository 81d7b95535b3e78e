"""The axes of each sample in another order."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class Permute(Layer):
    """Puts the axes of each sample into another order.

    Maths:
        For ``dims=(2, 1)``, and likewise for others::

            outputs[n, j, i] = inputs[n, i, j]
            ∂loss/∂inputs[n, i, j] = ∂loss/∂outputs[n, j, i]

        (each number goes to one place, and its gradient comes back from there).

    Args:
        dims: which axis of the input each axis of the output is. They are counted from 1: the batch,
            axis 0, stays first.

    Input shape:
        (N, …), with as many axes after N as ``dims`` has numbers.

    Output shape:
        (N, …), the sizes in the order of ``dims``.

    Raises:
        ValueError: ``dims`` that are not the numbers 1, 2, … in some order, or inputs of another rank.

    Example:
        >>> Permute((2, 1))(np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]))
        array([[[1., 4.],
                [2., 5.],
                [3., 6.]]], dtype=float32)

    The readable definition is in ``reference/permute.py``.
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims) if hasattr(dims, "__iter__") else (dims,)
        whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in self.dims)
        if not whole or sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received: dims={dims!r}"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, len(self.dims) + 1)
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return np.ascontiguousarray(inputs.transpose(0, *self.dims)), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        # forward: outputs = inputs.transpose(0, *dims)
        return np.ascontiguousarray(grad_outputs.transpose(np.argsort((0, *self.dims))))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dims": self.dims}
