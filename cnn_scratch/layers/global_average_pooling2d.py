"""Global average pooling."""

import numpy as np

from cnn_scratch.kernels import global_average_pooling2d as kernels
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import GlobalPooling2D
from cnn_scratch.shapes import from_channels_last_array, to_channels_last_array


class GlobalAveragePooling2D(GlobalPooling2D):
    """Replaces each channel by its mean over the image: one number per feature, for images of any size.

    Maths:
        ::

            outputs[n, c] = Σ_h Σ_w inputs[n, h, w, c] / (H·W)

        With g = ∂loss/∂outputs::

            ∂loss/∂inputs[n, h, w, c] = g[n, c] / (H·W)      (every pixel has the same share in the mean)

    Args:
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        keepdims: whether the outputs keep H and W as axes of size 1.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, C); with ``keepdims`` (N, 1, 1, C), or (N, C, 1, 1) with ``channels_first``.

    Raises:
        ValueError: an unknown data format, or inputs that are not 4-D.

    Example:
        Two channels of four pixels: 0, 2, 4, 6 and 1, 3, 5, 7.

        >>> GlobalAveragePooling2D()(np.arange(8.0).reshape(1, 2, 2, 2))
        array([[3., 4.]], dtype=float32)

    The readable definition is in ``reference/global_average_pooling2d.py``.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        output_shape = self.compute_output_shape(inputs.shape)
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        outputs = kernels.forward(inputs)  # (N, C)
        # a mean is linear: backward needs no numbers, only the shapes
        return outputs.reshape(output_shape), (inputs.shape, output_shape)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        (N, H, W, C), output_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, output_shape)
        # forward: outputs = sum over the pixels / (H * W)
        share = grad_outputs.reshape(N, 1, 1, C) / (H * W)
        grad_inputs = np.broadcast_to(share, (N, H, W, C)).copy()
        return from_channels_last_array(grad_inputs, self.data_format)
