"""Zeros around a sequence."""

import functools
from typing import Any

from cnn_scratch.layers.sequence import SequenceLayer
from cnn_scratch.layers.zero_padding2d import ZeroPadding2D
from cnn_scratch.shapes import standardize_tuple


class ZeroPadding1D(SequenceLayer):
    """Puts steps of zeros before and after a sequence.

    Maths:
        ::

            outputs[n, l + before, c] = inputs[n, l, c]      and 0 elsewhere
            ∂loss/∂inputs[n, l, c] = ∂loss/∂outputs[n, l + before, c]

        (the zeros are constants).

    Args:
        padding: (before, after), or one number for both.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, before + L + after, C).

    Raises:
        ValueError: a negative padding, or one of another form; inputs that are not 3-D.

    Example:
        >>> import numpy as np
        >>> ZeroPadding1D((1, 2))(np.array([1.0, 3.0]).reshape(1, 2, 1))[0, :, 0]
        array([0., 1., 3., 0., 0.], dtype=float32)

    The readable definition is in ``reference/zero_padding1d.py``.
    """

    def __init__(self, padding=1, data_format: str | None = None, **kwargs):
        self.padding = standardize_tuple(padding, 2, "padding", allow_zero=True)
        super().__init__(functools.partial(ZeroPadding2D, (self.padding, 0)), data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"padding": self.padding, "data_format": self.data_format}
