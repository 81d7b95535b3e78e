"""Global max pooling."""

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import GlobalPooling2D


class GlobalMaxPooling2D(GlobalPooling2D):
    """Keeps the largest number of each channel, wherever in the image it is.

    Maths:
        ::

            outputs[n, c] = max over (h, w) of inputs[n, h, w, c]

        With g = ∂loss/∂outputs, and T the number of pixels whose value is the largest one (usually 1)::

            ∂loss/∂inputs[n, h, w, c] = g[n, c] / T   where inputs[n, h, w, c] = outputs[n, c], else 0

        At a tie the largest pixels share the gradient equally, as in Keras on TensorFlow. (It is
        another rule than ``MaxPooling2D``'s, in which the first one gets everything; both are valid,
        because the maximum has no derivative there.) If a channel has a NaN, its output and its
        gradients are NaN.

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

        >>> GlobalMaxPooling2D()(np.arange(8.0).reshape(1, 2, 2, 2))
        array([[6., 7.]], dtype=float32)

    The readable definition is in ``reference/global_max_pooling2d.py``.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)
        self.image_axes = (1, 2) if self.data_format == "channels_last" else (2, 3)  # where H and W are

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        largest = inputs.max(axis=self.image_axes, keepdims=True)  # (N, 1, 1, C)
        return largest.reshape(self.compute_output_shape(inputs.shape)), (inputs, largest)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, largest = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(inputs.shape))
        # forward: largest = inputs.max(axis=image_axes)
        taken = (inputs == largest).astype(self.dtype)  # 1 for the pixels that are the largest, else 0
        with np.errstate(invalid="ignore"):  # 0 / 0 in a channel with a NaN
            taken /= taken.sum(axis=self.image_axes, keepdims=True)
        return taken * grad_outputs.reshape(largest.shape)
