"""The largest or smallest of several arrays, number by number, and the gradient of that choice."""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared

NUMBERS_IN_A_PIECE = 2**14


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
    for piece in shared(turns, (best.size + NUMBERS_IN_A_PIECE - 1) // NUMBERS_IN_A_PIECE):
        part = slice(piece * NUMBERS_IN_A_PIECE, (piece + 1) * NUMBERS_IN_A_PIECE)
        a, b, winner = best[part], other[part], winners[part]
        for k in range(a.size):
            wins = not sign * a[k] >= sign * b[k]
            winner[k] = number if wins else winner[k]
            a[k] = b[k] if wins & (a[k] == a[k]) else a[k]


@compiled_parallel
def select(turns, winners, number, grad_outputs, grad):
    """Write ``grad[k] = grad_outputs[k] if winners[k] = number else 0``."""
    zero = grad.dtype.type(0)
    for piece in shared(turns, (grad.size + NUMBERS_IN_A_PIECE - 1) // NUMBERS_IN_A_PIECE):
        part = slice(piece * NUMBERS_IN_A_PIECE, (piece + 1) * NUMBERS_IN_A_PIECE)
        winner, read, write = winners[part], grad_outputs[part], grad[part]
        for k in range(write.size):
            write[k] = read[k] if winner[k] == number else zero
