"""An image of another size."""

from typing import Any

import numpy as np

from cnn_scratch.kernels import resampling as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.resampling import standardize_interpolation, taps_of
from cnn_scratch.shapes import (
    Shape,
    channels_last,
    from_channels_last,
    from_channels_last_array,
    standardize_data_format,
    standardize_tuple,
    to_channels_last_array,
)


class Resizing(Layer):
    """Gives images the size that a network expects.

    Maths:
        Along each axis an output pixel is a weighted sum of near input pixels (``cnn_scratch/resampling.py``
        has the weights of each interpolation)::

            outputs[n, oh, ow, c] = Σ_h Σ_w rows[oh, h] · columns[ow, w] · inputs[n, h, w, c]

        A pixel gets the gradients of all places where it was used, with the same weights::

            ∂loss/∂inputs[n, h, w, c] = Σ_oh Σ_ow rows[oh, h] · columns[ow, w] · ∂loss/∂outputs[n, oh, ow, c]

        Height and width may change in different proportions. If that is not wanted, the image is first
        cut, or given a border, so that it has the proportions of the target. What was cut off has no
        gradient.

    Args:
        height, width: the new size.
        interpolation: ``"bilinear"`` (default), ``"nearest"``, ``"bicubic"``, ``"lanczos3"``,
            ``"lanczos5"`` or ``"area"``.
        crop_to_aspect_ratio: whether the image is cut on two sides instead of being squeezed.
        pad_to_aspect_ratio: whether it gets a border on two sides instead.
        fill_mode: what the border is made of; Keras has ``"constant"`` only.
        fill_value: the number on the border.
        antialias: whether an image that shrinks is smoothed, so that no pixel is left out. Without effect
            on ``"nearest"`` and ``"area"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same, with the new height and width.

    Raises:
        ValueError: an argument out of range, both a crop and a border, or inputs that are not images.

    Example:
        Two columns become four: their centres are ¼ and ¾ of the way from pixel to pixel.

        >>> Resizing(1, 4)(np.array([0.0, 8.0]).reshape(1, 1, 2, 1))[0, :, :, 0]
        array([[0., 2., 6., 8.]], dtype=float32)

    The readable definition is in ``reference/resizing.py``.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        (self.height,) = standardize_tuple(height, 1, "height")
        (self.width,) = standardize_tuple(width, 1, "width")
        self.interpolation = standardize_interpolation(interpolation)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`. Received: both"
            )
        if fill_mode != "constant":
            raise ValueError(
                "Invalid value for argument `fill_mode`. Only 'constant' is supported. "
                f"Received: fill_mode={fill_mode!r}"
            )
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)
        self.data_format = standardize_data_format(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) == 3:
            return self.compute_output_shape((1, *input_shape))[1:]
        self.check_rank(input_shape, 4)
        N, _, _, C = channels_last(input_shape, self.data_format)
        return from_channels_last((N, self.height, self.width, C), self.data_format)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = inputs if inputs.ndim == 4 else inputs[np.newaxis]
        images = self._cropped_or_padded(to_channels_last_array(images, self.data_format))
        outputs = kernels.forward(images, *self._taps(images.shape))  # (N, height, width, C)
        outputs = from_channels_last_array(outputs, self.data_format)
        # a sum is linear: backward needs no numbers, only the shape
        return outputs.reshape(self.compute_output_shape(inputs.shape)), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        if len(input_shape) == 3:
            return self.backward(grad_outputs[np.newaxis], (1, *input_shape))[0]
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        N, H, W, C = channels_last(input_shape, self.data_format)
        (rows, image_rows), (columns, image_columns), size = self._part(H, W)
        # forward: outputs = weighted sums of the pixels of the part
        grad_part = kernels.grad_inputs(grad_outputs, *self._taps((N, *size, C)))
        # forward: part[rows, columns] = images[image_rows, image_columns]
        grad_images = np.zeros((N, H, W, C), self.dtype)
        grad_images[:, image_rows, image_columns] = grad_part[:, rows, columns]
        return from_channels_last_array(grad_images, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
            "data_format": self.data_format,
        }

    def _taps(self, image_shape: Shape):
        """Return which pixels, with which weights, each row and each column is made of."""
        _, H, W, _ = image_shape
        sizes = zip((H, W), (self.height, self.width), strict=True)
        return [taps_of(self.interpolation, n, target, self.antialias) for n, target in sizes]

    def _cropped_or_padded(self, images: np.ndarray) -> np.ndarray:
        """Return the part of the images (or the images with a border) that is resized."""
        N, H, W, C = images.shape
        (rows, image_rows), (columns, image_columns), size = self._part(H, W)
        if size == (H, W):
            return images
        part = np.full((N, *size, C), self.fill_value, self.dtype)
        part[:, rows, columns] = images[:, image_rows, image_columns]
        return part

    def _part(self, H: int, W: int):
        """Return for rows and columns where the image is in the part, and the part in the image; its size."""
        rows = columns = (slice(None), slice(None))
        # what each axis would be if the other one decided, in float32 and rounded down as in Keras
        wanted_height = int(np.float32(W * self.height) / np.float32(self.width))
        wanted_width = int(np.float32(H * self.width) / np.float32(self.height))
        height, width = H, W
        if self.crop_to_aspect_ratio:
            height, width = max(min(H, wanted_height), 1), max(min(W, wanted_width), 1)
            top, left = (H - height) // 2, (W - width) // 2
            rows = (slice(None), slice(top, top + height))
            columns = (slice(None), slice(left, left + width))
        elif self.pad_to_aspect_ratio:
            # the same on both sides, so an odd number of missing rows leaves the border one short
            top, left = max(wanted_height - H, 0) // 2, max(wanted_width - W, 0) // 2
            height, width = H + 2 * top, W + 2 * left
            rows = (slice(top, top + H), slice(None))
            columns = (slice(left, left + W), slice(None))
        return rows, columns, (height, width)
