"""Dropout: random zeros, drawn and applied in one pass.

The same function is forward and backward: what was multiplied by the mask in forward is
multiplied by it again, and the mask is made again from its key.
"""

import math

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.philox import PIECE, random_words, uniform
from cnn_scratch.kernels.threads import shared


def dropout(values, rate, noise_shape, key) -> np.ndarray:
    """Return ``values / (1 − rate)`` where ``uniform ≥ rate``, and 0 elsewhere.

    Args:
        values: any shape, contiguous.
        rate: from 0 to 1; at 1 everything is 0.
        noise_shape: the shape of the mask. It is ``values.shape``, or broadcasts to it.
        key: (seed, draw), two uint32.
    """
    if rate == 1:
        return np.zeros_like(values)
    scale = values.dtype.type(1 / (1 - rate))
    if tuple(noise_shape) == values.shape:
        outputs = np.empty_like(values)
        threshold = np.uint32(math.ceil(rate * 2**24))
        drop_elements(values.reshape(-1), key, threshold, scale, outputs.reshape(-1))
        return outputs
    keep = uniform(noise_shape, values.dtype, key) >= rate
    return np.where(keep, values * scale, values.dtype.type(0))


@compiled_parallel
def drop_elements(turns, values, key, threshold, scale, outputs):
    """Write ``outputs[i] = values[i] · scale if ⌊word / 2⁸⌋ ≥ threshold else 0``.

    With threshold = ⌈rate · 2²⁴⌉ this is ``uniform ≥ rate``, without making the uniform number.
    """
    zero = outputs.dtype.type(0)
    for piece in shared(turns, (values.size + PIECE - 1) // PIECE):
        part = values[piece * PIECE : (piece + 1) * PIECE]
        target = outputs[piece * PIECE : (piece + 1) * PIECE]
        words = random_words(key, piece * PIECE, part.size)
        for i in range(part.size):
            target[i] = part[i] * scale if (words[i] >> np.uint32(8)) >= threshold else zero
