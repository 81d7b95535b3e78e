"""Average pooling of sequences."""

from cnn_scratch.layers.average_pooling2d import AveragePooling2D
from cnn_scratch.layers.pooling import Pooling1D


class AveragePooling1D(Pooling1D):
    """Replaces every window of a sequence by the mean of its steps.

    Maths:
        ::

            outputs[n, ol, c] = Σ inputs[n, ol·S + k − start, c] / count[ol]

        over the ``count`` steps of the window that lie inside the sequence. Each has the same share of the
        gradient (``AveragePooling2D`` says more: this is the same for images of one column).

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
        >>> AveragePooling1D(2)(np.array([1.0, 3.0, 4.0, 2.0]).reshape(1, 4, 1))[0, :, 0]
        array([2., 3.], dtype=float32)

    The readable definition is in ``reference/average_pooling1d.py``.
    """

    def __init__(
        self,
        pool_size,
        strides=None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(AveragePooling2D, pool_size, strides, padding, data_format, **kwargs)
