"""From images to rows of numbers."""

import math
from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape, standardize_data_format


class Flatten(Layer):
    """Writes all numbers of a sample side by side, so that a ``Dense`` layer can follow.

    Maths:
        For images::

            outputs[n, (h·W + w)·C + c] = inputs[n, h, w, c]

        The numbers stay the same and in the same order, and so do those of the gradient::

            ∂loss/∂inputs[n, h, w, c] = ∂loss/∂outputs[n, (h·W + w)·C + c]

    Args:
        data_format: ``"channels_last"`` (default), or ``"channels_first"`` for inputs (N, C, …), whose
            channels are first moved to the end: the outputs are then those of the same image with
            its channels last, and so the same ``Dense`` weights fit both.

    Input shape:
        (N, …).

    Output shape:
        (N, D) with D the number of numbers in a sample; (N, 1) for inputs (N,).

    Raises:
        ValueError: an unknown data format.

    Example:
        >>> Flatten()(np.arange(8.0).reshape(2, 2, 2))
        array([[0., 1., 2., 3.],
               [4., 5., 6., 7.]], dtype=float32)

    The readable definition is in ``reference/flatten.py``.
    """

    def __init__(self, data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 1, or_more=True)
        N, *sizes = input_shape
        return (N, None if None in sizes else math.prod(sizes))

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        output_shape = self.compute_output_shape(inputs.shape)
        if self._moves_channels(inputs.shape):
            inputs = np.moveaxis(inputs, 1, -1)  # (N, …, C)
        return inputs.reshape(output_shape), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        moved_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(moved_shape))
        # forward: outputs = inputs.reshape(output_shape)
        grad_inputs = grad_outputs.reshape(moved_shape)
        if self._moves_channels(moved_shape):
            # forward: inputs = np.moveaxis(inputs, 1, -1)
            grad_inputs = np.ascontiguousarray(np.moveaxis(grad_inputs, -1, 1))
        return grad_inputs

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format}

    def _moves_channels(self, shape: Shape) -> bool:
        return self.data_format == "channels_first" and len(shape) > 1
