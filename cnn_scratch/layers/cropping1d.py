"""A sequence without its ends."""

import functools
from typing import Any

from cnn_scratch.layers.cropping2d import Cropping2D
from cnn_scratch.layers.sequence import SequenceLayer
from cnn_scratch.shapes import standardize_tuple


class Cropping1D(SequenceLayer):
    """Cuts steps off both ends of a sequence.

    Maths:
        ::

            outputs[n, l, c] = inputs[n, l + before, c]
            ∂loss/∂inputs[n, l + before, c] = ∂loss/∂outputs[n, l, c]      and 0 elsewhere

        (what was cut off has no influence on the loss).

    Args:
        cropping: (before, after), or one number for both.

    Input shape:
        (N, L, C).

    Output shape:
        (N, L − before − after, C).

    Raises:
        ValueError: a negative cropping, or one of another form; inputs that are not 3-D, or of which
            nothing would be left.

    Example:
        >>> import numpy as np
        >>> Cropping1D((1, 0))(np.array([1.0, 3.0, 4.0]).reshape(1, 3, 1))[0, :, 0]
        array([3., 4.], dtype=float32)

    The readable definition is in ``reference/cropping1d.py``.
    """

    def __init__(self, cropping=(1, 1), **kwargs):
        self.cropping = standardize_tuple(cropping, 2, "cropping", allow_zero=True)
        super().__init__(functools.partial(Cropping2D, (self.cropping, 0)), **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cropping": self.cropping}
