"""The largest or smallest of several arrays, number by number, and the gradient of that choice."""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared_ranges


def best_of(arrays, shape, sign) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest (``sign`` 1) or smallest (−1) of the arrays, and which of them each number is from.

    Args:
        arrays: they can be broadcast to ``shape``.
    """
    first, *others = arrays
    best = np.empty(shape, first.dtype)
    best[...] = first
    winners = np.zeros(shape, np.min_scalar_type(len(others)))
    for i, other in enumerate(others, start=1):
        other = np.ascontiguousarray(np.broadcast_to(other, shape))
        challenge(
            other.reshape(-1),
            winners.dtype.type(i),
            best.dtype.type(sign),
            best.reshape(-1),
            winners.reshape(-1),
        )
    return best, winners


def gradient_of(winners, number, grad_outputs) -> np.ndarray:
    """Return ``grad_outputs`` where ``winners`` is ``number``, and 0 elsewhere."""
    grad = np.empty_like(grad_outputs)
    select(winners.reshape(-1), winners.dtype.type(number), grad_outputs.reshape(-1), grad.reshape(-1))
    return grad


@compiled_parallel
def challenge(turns, other, number, sign, best, winners):
    """Replace each number of ``best`` by that of ``other`` unless it is at least as good; note the winner.

    A NaN is kept whatever comes; it is never at least as good, so the last one to meet it wins (TensorFlow's
    rule). No branch, so that LLVM vectorises it.
    """
    for part in shared_ranges(turns, best.size):
        for k in part:
            wins = not sign * best[k] >= sign * other[k]
            winners[k] = number if wins else winners[k]
            best[k] = other[k] if wins & (best[k] == best[k]) else best[k]


@compiled_parallel
def select(turns, winners, number, grad_outputs, grad):
    """Write ``grad[k] = grad_outputs[k] if winners[k] = number else 0``."""
    zero = grad.dtype.type(0)
    for part in shared_ranges(turns, grad.size):
        for k in part:
            grad[k] = grad_outputs[k] if winners[k] == number else zero
