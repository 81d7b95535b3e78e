"""A larger image."""

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


class UpSampling2D(Layer):
    """Makes an image larger by whole factors: the way up in a network whose outputs are images.

    Maths:
        With factors SH and SW, ``"nearest"`` repeats every row SH times and every column SW times::

            outputs[n, oh, ow, c] = inputs[n, ⌊oh / SH⌋, ⌊ow / SW⌋, c]

        All other interpolations are weighted sums of near pixels, first along columns, then along rows
        (``"bilinear"``: of the two whose centres are next to (oh + ½) / SH, the nearer one weighs more)::

            outputs[n, oh, ow, c] = Σ_h Σ_w rows[oh, h] · columns[ow, w] · inputs[n, h, w, c]

        A pixel gets the gradients of all places where it was used, with the same weights::

            ∂loss/∂inputs[n, h, w, c] = Σ_oh Σ_ow rows[oh, h] · columns[ow, w] · ∂loss/∂outputs[n, oh, ow, c]

    Args:
        size: (SH, SW), or one number for both.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        interpolation: ``"nearest"`` (default), ``"bilinear"``, ``"bicubic"``, ``"lanczos3"``,
            ``"lanczos5"`` or ``"area"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, H·SH, W·SW, C).

    Raises:
        ValueError: an argument out of range, an unknown interpolation, or inputs that are not 4-D.

    Example:
        >>> UpSampling2D((1, 2))(np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1))[0, :, :, 0]
        array([[1., 1., 2., 2.],
               [3., 3., 4., 4.]], dtype=float32)

    The readable definition is in ``reference/up_sampling2d.py``.
    """

    def __init__(self, size=(2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.size = standardize_tuple(size, 2, "size")
        self.interpolation = standardize_interpolation(interpolation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, H, W, C = channels_last(input_shape, self.data_format)
        OH, OW = (None if n is None else n * s for n, s in zip((H, W), self.size, strict=True))
        return from_channels_last((N, OH, OW, C), self.data_format)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        outputs = kernels.forward(images, *self._taps(images.shape))  # (N, OH, OW, C)
        # a sum is linear: backward needs no numbers, only the shape
        return from_channels_last_array(outputs, self.data_format), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = weighted sums of pixels
        taps = self._taps(channels_last(input_shape, self.data_format))
        return from_channels_last_array(kernels.grad_inputs(grad_outputs, *taps), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "size": self.size,
            "data_format": self.data_format,
            "interpolation": self.interpolation,
        }

    def _taps(self, image_shape: Shape):
        """Return which pixels, with which weights, each row and each column is made of."""
        _, H, W, _ = image_shape
        return [taps_of(self.interpolation, n, n * s) for n, s in zip((H, W), self.size, strict=True)]
