"""Global average pooling of sequences."""

from cnn_scratch.layers.global_average_pooling2d import GlobalAveragePooling2D
from cnn_scratch.layers.pooling import GlobalPooling1D


class GlobalAveragePooling1D(GlobalPooling1D):
    """Replaces each channel by its mean over the sequence.

    Maths:
        ::

            outputs[n, c] = Σ_l inputs[n, l, c] / L
            ∂loss/∂inputs[n, l, c] = ∂loss/∂outputs[n, c] / L

        (every step has the same share in the mean).

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
        >>> GlobalAveragePooling1D()(np.array([[[1.0, 8.0], [3.0, 4.0]]]))
        array([[2., 6.]], dtype=float32)

    The readable definition is in ``reference/global_average_pooling1d.py``.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs):
        super().__init__(GlobalAveragePooling2D, data_format, keepdims, **kwargs)
