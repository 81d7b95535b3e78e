"""A border of zeros."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.blocks import copy_blocks
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape, image_rows, standardize_data_format, standardize_sides


class ZeroPadding2D(Layer):
    """Puts rows and columns of zeros around an image.

    Maths:
        ::

            outputs[n, h + top, w + left, c] = inputs[n, h, w, c]      and 0 on the border

        The zeros are constants, so only the inner part of ∂loss/∂outputs goes back::

            ∂loss/∂inputs[n, h, w, c] = ∂loss/∂outputs[n, h + top, w + left, c]

    Args:
        padding: one number for all four sides; (rows, columns) for the same at both ends; or
            ((top, bottom), (left, right)).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, top + H + bottom, left + W + right, C).

    Raises:
        ValueError: a negative padding, or one of another form; inputs that are not 4-D.

    Example:
        One row above, one column on either side.

        >>> image = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
        >>> ZeroPadding2D(((1, 0), (1, 1)))(image)[0, :, :, 0]
        array([[0., 0., 0., 0.],
               [0., 1., 2., 0.],
               [0., 3., 4., 0.]], dtype=float32)

    The readable definition is in ``reference/zero_padding2d.py``.
    """

    def __init__(self, padding=(1, 1), data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.padding = standardize_sides(padding, "padding")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        output_shape = list(input_shape)
        for axis, pads in self._pads_by_axis():
            if output_shape[axis] is not None:
                output_shape[axis] += sum(pads)
        return tuple(output_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        outputs = np.empty(self.compute_output_shape(inputs.shape), self.dtype)
        for axis, (before, _) in self._pads_by_axis():  # only the border is set to 0: that is faster
            moved = np.moveaxis(outputs, axis, 0)  # a view
            moved[:before] = 0
            moved[before + inputs.shape[axis] :] = 0
        source, target = (image_rows(images, self.data_format) for images in (inputs, outputs))
        copy_blocks(source, (0, 0), target, self._corner(inputs.shape), source.shape[1:])
        return outputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        grad_inputs = np.empty(input_shape, self.dtype)
        source, target = (image_rows(images, self.data_format) for images in (grad_outputs, grad_inputs))
        # forward: outputs[inner part] = inputs
        copy_blocks(source, self._corner(input_shape), target, (0, 0), target.shape[1:])
        return grad_inputs

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"padding": self.padding, "data_format": self.data_format}

    def _pads_by_axis(self) -> list[tuple[int, tuple[int, int]]]:
        """Return the axes of H and W, each with its padding (before, after)."""
        axes = (1, 2) if self.data_format == "channels_last" else (2, 3)
        return list(zip(axes, self.padding, strict=True))

    def _corner(self, input_shape: Shape) -> tuple[int, int]:
        """Return where the inputs begin in the outputs: the row, and the number in it."""
        (top, _), (left, _) = self.padding
        return top, left * (input_shape[3] if self.data_format == "channels_last" else 1)
