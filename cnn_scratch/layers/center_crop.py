"""The middle of an image."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.layers.resizing import Resizing
from cnn_scratch.shapes import Shape, channels_last, standardize_data_format, standardize_tuple


class CenterCrop(Layer):
    """Keeps the middle of an image, height × width pixels of it.

    Maths:
        With ``top = ⌊(H − height) / 2⌋`` and ``left = ⌊(W − width) / 2⌋``::

            outputs[n, h, w, c]                   = inputs[n, top + h, left + w, c]
            ∂loss/∂inputs[n, top + h, left + w, c] = ∂loss/∂outputs[n, h, w, c], and 0 around that

        An image that is too low or too narrow is resized: its largest part of the proportions
        height : width, from the middle, as by ``Resizing`` with ``crop_to_aspect_ratio=True``.

    Args:
        height, width: the new size.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same, with the new height and width.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        >>> CenterCrop(1, 2)(np.arange(12).reshape(1, 3, 4, 1))[0, :, :, 0]
        array([[5., 6.]], dtype=float32)

    The readable definition is in ``reference/center_crop.py``.
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        (self.height,) = standardize_tuple(height, 1, "height")
        (self.width,) = standardize_tuple(width, 1, "width")
        self.data_format = standardize_data_format(data_format)
        self._resizing = Resizing(
            self.height,
            self.width,
            crop_to_aspect_ratio=True,
            data_format=self.data_format,
            dtype=self.dtype,
            name="resizing",
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._resizing.compute_output_shape(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        middle = self._middle(inputs.shape)
        if middle is None:
            return self._resizing.forward(inputs)[0], inputs.shape
        return np.ascontiguousarray(inputs[middle]), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        middle = self._middle(input_shape)
        if middle is None:
            return self._resizing.backward(grad_outputs, input_shape)
        # forward: outputs = inputs[middle]
        grad_inputs = np.zeros(input_shape, self.dtype)
        grad_inputs[middle] = grad_outputs
        return grad_inputs

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height": self.height,
            "width": self.width,
            "data_format": self.data_format,
        }

    def _middle(self, input_shape: Shape) -> tuple | None:
        """Return where the middle lies in the inputs; ``None`` if they are too small."""
        H, W = channels_last((1, *input_shape)[-4:], self.data_format)[1:3]
        if self.height > H or self.width > W:
            return None
        return part(self.data_format, (H - self.height) // 2, (W - self.width) // 2, self.height, self.width)


def part(data_format: str, top: int, left: int, height: int, width: int) -> tuple:
    """Return the index of a rectangle in an image, or in all images of a batch."""
    rectangle = (slice(top, top + height), slice(left, left + width))
    return (..., *rectangle) if data_format == "channels_first" else (..., *rectangle, slice(None))
