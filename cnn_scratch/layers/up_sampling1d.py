"""A longer sequence."""

import functools
from typing import Any

from cnn_scratch.layers.sequence import SequenceLayer
from cnn_scratch.layers.up_sampling2d import UpSampling2D


class UpSampling1D(SequenceLayer):
    """Repeats every step of a sequence.

    Maths:
        ::

            outputs[n, ol, c] = inputs[n, ⌊ol / size⌋, c]
            ∂loss/∂inputs[n, l, c] = Σ ∂loss/∂outputs[n, ol, c]      over the ``size`` copies of step l

    Args:
        size: how often.

    Input shape:
        (N, L, C).

    Output shape:
        (N, L·size, C).

    Raises:
        TypeError: ``size`` is not an integer.
        ValueError: ``size`` is not positive, or inputs that are not 3-D.

    Example:
        >>> import numpy as np
        >>> UpSampling1D(2)(np.array([1.0, 3.0]).reshape(1, 2, 1))[0, :, 0]
        array([1., 1., 3., 3.], dtype=float32)

    The readable definition is in ``reference/up_sampling1d.py``.
    """

    def __init__(self, size: int = 2, **kwargs):
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`. Received: size={size!r}")
        if size <= 0:
            raise ValueError(f"Argument `size` should be a positive integer. Received: size={size}")
        self.size = size
        super().__init__(functools.partial(UpSampling2D, (size, 1)), **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}
