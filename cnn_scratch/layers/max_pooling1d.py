"""Max pooling of sequences."""

from cnn_scratch.layers.max_pooling2d import MaxPooling2D
from cnn_scratch.layers.pooling import Pooling1D


class MaxPooling1D(Pooling1D):
    """Keeps the largest number of every window of a sequence.

    Maths:
        ::

            outputs[n, ol, c] = max over k < K of inputs[n, ol·S + k − start, c]

        The gradient of an output goes to the step it was taken from (``MaxPooling2D`` says more: this is
        the same for images of one column).

    Args:
        pool_size: K, the number of steps in a window.
        strides: S, the step from one window to the next; ``None`` means ``pool_size``.
        padding: ``"valid"`` (windows stay inside) or ``"same"`` (⌈L / S⌉ windows; the odd step of padding
            goes to the end).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, OL, C) with OL = ⌊(L − K) / S⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the sequence.

    Example:
        >>> import numpy as np
        >>> MaxPooling1D(2)(np.array([1.0, 3.0, 4.0, 2.0]).reshape(1, 4, 1))[0, :, 0]
        array([3., 4.], dtype=float32)

    The readable definition is in ``reference/max_pooling1d.py``.
    """

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(MaxPooling2D, pool_size, strides, padding, data_format, **kwargs)
