"""Average pooling to a given size."""

import numpy as np

from cnn_scratch.kernels import resampling as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import AdaptivePooling2D
from cnn_scratch.resampling import mean_taps
from cnn_scratch.shapes import Shape, channels_last, from_channels_last_array, to_channels_last_array


class AdaptiveAveragePooling2D(AdaptivePooling2D):
    """Average pooling whose windows are chosen so that the output has a given size, for images of any size.

    Maths:
        For OH × OW windows, window (oh, ow) holds the rows from ⌊oh·H / OH⌋ to ⌈(oh + 1)·H / OH⌉ (not
        included) and the columns likewise; neighbours overlap where H is no multiple of OH::

            outputs[n, oh, ow, c] = Σ inputs[n, h, w, c] / count[oh, ow]      over the pixels of the window

        With g = ∂loss/∂outputs, every pixel of a window has the same share in its mean::

            ∂loss/∂inputs[n, h, w, c] = Σ g[n, oh, ow, c] / count[oh, ow]   over the windows that see (h, w)

    Args:
        output_size: (OH, OW), or one number for both.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, C).

    Raises:
        TypeError: ``output_size`` is neither an integer nor a pair.
        ValueError: numbers that are not positive, an unknown data format, or inputs that are not 4-D.

    Example:
        Three columns in two windows, which share the middle one.

        >>> AdaptiveAveragePooling2D((1, 2))(np.array([1.0, 3.0, 7.0]).reshape(1, 1, 3, 1))[0, :, :, 0]
        array([[2., 5.]], dtype=float32)

    The readable definition is in ``reference/adaptive_average_pooling2d.py``.
    """

    def __init__(self, output_size, data_format: str | None = None, **kwargs):
        super().__init__(output_size, data_format, **kwargs)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        # the mean over a window is the mean over its columns of the means over its rows
        outputs = kernels.forward(images, *self._taps(images.shape))  # (N, OH, OW, C)
        return from_channels_last_array(outputs, self.data_format), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = sum of the window's pixels / count
        taps = self._taps(channels_last(input_shape, self.data_format))
        return from_channels_last_array(kernels.grad_inputs(grad_outputs, *taps), self.data_format)

    def _taps(self, image_shape: Shape):
        """Return which rows and which columns each window holds, each with its share in the mean."""
        _, H, W, _ = image_shape
        return [mean_taps(n, target) for n, target in zip((H, W), self.output_size, strict=True)]
