"""Max pooling."""

import numpy as np

from cnn_scratch.kernels import max_pooling2d as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import Pooling2D
from cnn_scratch.shapes import from_channels_last, from_channels_last_array, to_channels_last_array


class MaxPooling2D(Pooling2D):
    """Keeps the largest number of every window: that a feature is there counts more than exactly where.

    Maths:
        Output pixel (oh, ow) looks at the window of input pixels h = oh·SH + kh − top,
        w = ow·SW + kw − left, for kh < KH and kw < KW. Every channel is on its own::

            outputs[n, oh, ow, c] = max over (kh, kw) of inputs[n, h, w, c]

        Outside the image is −∞, which is never the largest. With g = ∂loss/∂outputs::

            ∂loss/∂inputs[n, h, w, c] = Σ g[n, oh, ow, c]   over the windows whose output is this pixel

        (the output *is* that pixel, so the derivative is 1 for it and 0 for all others of the window). If
        several pixels of a window are equally large, the first of them in reading order counts. A NaN
        counts as larger than any number: it reaches the output of every window that sees it, as in
        NumPy and PyTorch (TensorFlow may lose it).

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
        >>> layer = MaxPooling2D(2)
        >>> layer(image)[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]], dtype=float32)

    The readable definition is in ``reference/max_pooling2d.py``.
    """

    def __init__(
        self,
        pool_size=(2, 2),
        strides=None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        # places says which pixel of its window each output is: kh·KW + kw
        outputs, places = kernels.forward(inputs, self.window)  # both (N, OH, OW, C)
        return from_channels_last_array(outputs, self.data_format), (inputs.shape, places)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape, places = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(places.shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: each output is one pixel of its window; so that pixel gets the output's gradient
        grad_inputs = kernels.grad_inputs(grad_outputs, places, self.window, input_shape)
        return from_channels_last_array(grad_inputs, self.data_format)
