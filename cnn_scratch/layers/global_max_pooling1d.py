"""Global max pooling of sequences."""

from cnn_scratch.layers.global_max_pooling2d import GlobalMaxPooling2D
from cnn_scratch.layers.pooling import GlobalPooling1D


class GlobalMaxPooling1D(GlobalPooling1D):
    """Keeps the largest number of each channel, wherever in the sequence it is.

    Maths:
        ::

            outputs[n, c] = max over l of inputs[n, l, c]

        Its gradient goes to that step; several that are equal share it, as in ``GlobalMaxPooling2D``.

    Args:
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        keepdims: whether the outputs keep L as an axis of size 1.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, C); with ``keepdims`` (N, 1, C), or (N, C, 1) with ``channels_first``.

    Raises:
        ValueError: an unknown data format, or inputs that are not 3-D.

    Example:
        >>> import numpy as np
        >>> GlobalMaxPooling1D()(np.array([[[1.0, 8.0], [3.0, 5.0]]]))
        array([[3., 8.]], dtype=float32)

    The readable definition is in ``reference/global_max_pooling1d.py``.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs):
        super().__init__(GlobalMaxPooling2D, data_format, keepdims, **kwargs)
