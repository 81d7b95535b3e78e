"""Average pooling."""

import numpy as np

from cnn_scratch.kernels import average_pooling2d as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import Pooling2D
from cnn_scratch.shapes import from_channels_last, from_channels_last_array, to_channels_last_array


class AveragePooling2D(Pooling2D):
    """Replaces every window by the mean of its pixels: a smaller, smoother image.

    Maths:
        Output pixel (oh, ow) looks at the window of input pixels h = oh·SH + kh − top,
        w = ow·SW + kw − left, for kh < KH and kw < KW. Every channel is on its own::

            outputs[n, oh, ow, c] = Σ inputs[n, h, w, c] / count[oh, ow]

        where the sum is over the pixels of the window that lie inside the image, and count is their
        number (KH·KW, and less at the border with ``"same"``). With g = ∂loss/∂outputs::

            ∂loss/∂inputs[n, h, w, c] = Σ g[n, oh, ow, c] / count[oh, ow]   over the windows that see (h, w)

        (every pixel of a window has the same share in its mean).

    Args:
        pool_size: (KH, KW), or one number for both.
        strides: (SH, SW), the step from one window to the next; ``None`` means ``pool_size``.
        padding: ``"valid"`` (windows stay inside) or ``"same"`` (OH = ⌈H / SH⌉; the odd row or column
            of padding goes to the bottom or right).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, C) with OH = ⌊(H − KH) / SH⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the image.

    Example:
        A 4×4 image with the numbers 0 … 15, in four windows. The first holds 0, 1, 4, 5.

        >>> image = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> layer = AveragePooling2D(2)
        >>> layer(image)[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]], dtype=float32)

    The readable definition is in ``reference/average_pooling2d.py``.
    """

    def __init__(
        self,
        pool_size,
        strides=None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        outputs = kernels.forward(inputs, self.window)  # (N, OH, OW, C)
        # a mean is linear: backward needs no numbers, only the shapes
        return from_channels_last_array(outputs, self.data_format), (inputs.shape, outputs.shape)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape, output_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(output_shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = sum of the window's pixels / count; so each gets 1 / count of the gradient
        grad_inputs = kernels.grad_inputs(grad_outputs, self.window, input_shape)
        return from_channels_last_array(grad_inputs, self.data_format)
