"""What comes before every optimizer's rule (clipping, weight decay) and after it (averages of weights)."""

import math
from collections.abc import Sequence

import numpy as np

from cnn_scratch.kernels.optimizers import BLOCK, Common, sum_of_squares


def begin(values: np.ndarray, grads: np.ndarray, common: Common) -> np.ndarray:
    """Take the weight decay from ``values``, in place, and return the gradient, scaled and clipped."""
    grads = grads * common.scale
    if common.limit < np.inf:
        np.clip(grads, -common.limit, common.limit, out=grads)  # NaN stays NaN
    if common.decay:
        values -= values * common.decay
    return grads


def norm_scale(gradients: Sequence[np.ndarray], clip: float | None) -> float:
    """Return the factor that shortens the gradients, taken as one long vector, to the norm ``clip``.

    The factor is 1 if they are not longer, and if ``clip`` is ``None`` or not positive. It is NaN if
    the norm is NaN or infinite, so that a broken gradient shows instead of becoming a zero.
    """
    if not clip or clip <= 0:
        return 1.0
    norm = math.sqrt(sum(sum_of_squares(gradient.reshape(-1)) for gradient in gradients))
    return clip / max(norm, clip) if math.isfinite(norm) else math.nan


def move_average(average: np.ndarray, values: np.ndarray, momentum: float) -> None:
    """Move an average towards the values, in place: a ← momentum·a + (1 − momentum)·w; block by block."""
    average, values = average.reshape(-1), values.reshape(-1)
    kept = average.dtype.type(momentum)
    for start in range(0, average.size, BLOCK):
        part = slice(start, start + BLOCK)
        average[part] *= kept
        average[part] += (1 - kept) * values[part]
