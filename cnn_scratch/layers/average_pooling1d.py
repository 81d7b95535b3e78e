"""Average pooling of sequences."""

import functools
from typing import Any

from cnn_scratch.layers.average_pooling2d import AveragePooling2D
from cnn_scratch.layers.sequence import SequenceLayer
from cnn_scratch.shapes import standardize_padding, standardize_tuple


class AveragePooling1D(SequenceLayer):
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
        self.pool_size = standardize_tuple(pool_size, 1, "pool_size")
        self.strides = self.pool_size if strides is None else standardize_tuple(strides, 1, "strides")
        self.padding = standardize_padding(padding)
        pool = functools.partial(AveragePooling2D, (*self.pool_size, 1), (*self.strides, 1), self.padding)
        super().__init__(pool, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }
