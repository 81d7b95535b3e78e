"""Randomised leaky ReLU: slopes, drawn and applied in one pass.

The same function is forward and backward: what was multiplied by a slope in forward is multiplied
by it again, and the slopes are made again from their key.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.philox import PIECE, random_words
from cnn_scratch.kernels.threads import shared


def scale_negatives(inputs, values, lower, upper, key) -> np.ndarray:
    """Return ``values · slope`` where ``inputs ≤ 0``, and ``values`` elsewhere.

    Args:
        inputs, values: of one shape and dtype, contiguous. Forward passes the inputs as values,
            backward the gradient of the outputs.
        lower, upper: a slope is lower + (upper − lower) · uniform, another one for every element.
        key: (seed, draw), two uint32.
    """
    outputs = np.empty_like(values)
    step, start = values.dtype.type((upper - lower) * 2.0**-24), values.dtype.type(lower)
    scale_elements(inputs.reshape(-1), values.reshape(-1), key, step, start, outputs.reshape(-1))
    return outputs


@compiled_parallel
def scale_elements(turns, inputs, values, key, step, start, outputs):
    """Write ``values · (⌊word / 2⁸⌋ · step + start)`` where ``inputs ≤ 0``, and ``values`` elsewhere."""
    for piece in shared(turns, (values.size + PIECE - 1) // PIECE):
        first, last = piece * PIECE, (piece + 1) * PIECE
        source, part, target = inputs[first:last], values[first:last], outputs[first:last]
        words = random_words(key, first, part.size)
        for i in range(part.size):
            slope = values.dtype.type(words[i] >> np.uint32(8)) * step + start
            target[i] = part[i] * slope if source[i] <= 0 else part[i]
