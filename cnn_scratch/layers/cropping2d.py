"""An image without its border."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.blocks import copy_blocks
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape, image_rows, standardize_data_format, standardize_sides


class Cropping2D(Layer):
    """Cuts rows and columns off an image.

    Maths:
        ::

            outputs[n, h, w, c] = inputs[n, h + top, w + left, c]

        What was cut off has no influence on the loss::

            ∂loss/∂inputs[n, h + top, w + left, c] = ∂loss/∂outputs[n, h, w, c]      and 0 on the border

    Args:
        cropping: one number for all four sides; (rows, columns) for the same at both ends; or
            ((top, bottom), (left, right)).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, H − top − bottom, W − left − right, C).

    Raises:
        ValueError: a negative cropping, or one of another form; inputs that are not 4-D, or of which
            nothing would be left.

    Example:
        The first row and the last column go.

        >>> image = np.arange(6.0).reshape(1, 2, 3, 1)
        >>> Cropping2D(((1, 0), (0, 1)))(image)[0, :, :, 0]
        array([[3., 4.]], dtype=float32)

    The readable definition is in ``reference/cropping2d.py``.
    """

    def __init__(self, cropping=((0, 0), (0, 0)), data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.cropping = standardize_sides(cropping, "cropping")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        output_shape = list(input_shape)
        for axis, ends in self._ends_by_axis():
            size = input_shape[axis]
            if size is not None and sum(ends) >= size:
                raise ValueError(
                    f"Values in `cropping` argument of layer '{self.name}' should be smaller than the "
                    f"image. Received: input_shape={tuple(input_shape)}, cropping={self.cropping}"
                )
            output_shape[axis] = None if size is None else size - sum(ends)
        return tuple(output_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        outputs = aligned_empty(self.compute_output_shape(inputs.shape), self.dtype)
        source, target = (image_rows(images, self.data_format) for images in (inputs, outputs))
        (top, _), (left, _) = self.cropping
        corner = top, left * (inputs.shape[3] if self.data_format == "channels_last" else 1)
        copy_blocks(source, corner, target, (0, 0), target.shape[1:])
        return outputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        # forward: outputs = inputs[inner part]
        grad_inputs = np.zeros(input_shape, self.dtype)
        grad_inputs[self._inner_part(input_shape)] = grad_outputs
        return grad_inputs

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cropping": self.cropping, "data_format": self.data_format}

    def _ends_by_axis(self) -> list[tuple[int, tuple[int, int]]]:
        """Return the axes of H and W, each with what is cut off (before, after)."""
        axes = (1, 2) if self.data_format == "channels_last" else (2, 3)
        return list(zip(axes, self.cropping, strict=True))

    def _inner_part(self, input_shape: Shape) -> tuple[slice, ...]:
        """Return the slices of the inputs that are left."""
        slices = [slice(None)] * 4
        for axis, (before, after) in self._ends_by_axis():
            slices[axis] = slice(before, input_shape[axis] - after)
        return tuple(slices)
