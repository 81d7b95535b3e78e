"""A step written in NumPy, block by block: what one operation leaves, the next finds in the core's cache."""

from collections.abc import Iterator

import numpy as np

from cnn_scratch.kernels.optimizers import BLOCK, Common
from cnn_scratch.optimizers.common import begin


def blocks(values: np.ndarray, grads: np.ndarray, common: Common, *slots: np.ndarray) -> Iterator[tuple]:
    """Yield (w, g, one part of each slot), block after block, for one-dimensional arrays.

    What all optimizers have in common is done: g is scaled and clipped, and the weight decay is taken
    from w. The parts of values and slots are views; the caller changes them in place.

    Args:
        values: the parameters.
        grads: ∂loss/∂values; left as they are.
        common: the ``Common`` of this step.
        *slots: arrays laid out like ``values``.
    """
    for start in range(0, values.size, BLOCK):
        part = slice(start, start + BLOCK)
        w = values[part]
        yield w, begin(w, grads[part], common), *(slot[part] for slot in slots)
