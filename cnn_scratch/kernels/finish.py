"""What a prediction does to the results of a convolution that its algorithm has not done itself."""

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared_ranges


@compiled_parallel
def finish_inplace(turns, results, other, floor, ceiling):
    """Write ``clip(results + other, floor, ceiling)`` to the results; both are flat.

    Args:
        other: as many numbers as there are results, or none.
    """
    for part in shared_ranges(turns, results.size):
        if other.size:
            for i in part:
                results[i] += other[i]
        for i in part:
            value = results[i]
            value = floor if value < floor else value  # a comparison with NaN is false
            results[i] = ceiling if value > ceiling else value
