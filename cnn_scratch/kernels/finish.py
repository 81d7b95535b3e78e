"""What a prediction does to the results of a convolution: a sum, and bounds."""

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import RANGE, shared


@compiled_parallel
def finish_inplace(turns, results, other, floor, ceiling):
    """Write ``clip(results + other, floor, ceiling)`` to the results; both are flat.

    Args:
        other: as many numbers as there are results, or none.
    """
    for piece in shared(turns, (results.size + RANGE - 1) // RANGE):
        begin, end = piece * RANGE, (piece + 1) * RANGE
        finish_part(results[begin:end], other[begin:end], floor, ceiling)


@compiled
def finish_part(results, other, floor, ceiling):
    """Do the same on one thread."""
    for i in range(other.size):
        results[i] += other[i]
    for i in range(results.size):
        value = results[i]
        value = floor if value < floor else value  # a comparison with NaN is false
        results[i] = ceiling if value > ceiling else value
