"""What this machine can do at best, measured: products of matrices, and copying memory."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import get_num_threads

SIDE = 1024  # of the matrices: large enough to be fast, done in some milliseconds
COPIED = 2**26  # bytes, of all threads together: no common cache holds that twice
REPEATS = 5


@dataclass(frozen=True)
class Peak:
    """The best rates of a machine.

    Args:
        flops: floating-point operations per second, of a product of matrices; an addition and a
            multiplication are two.
        bandwidth: bytes per second, of copying; a byte that is read and written is two.
        threads: that took part.
    """

    flops: float
    bandwidth: float
    threads: int

    def seconds(self, flops: float, moved: float) -> float:
        """Return the least time for so many operations and bytes: the longer of the two takes it.

        This is the "roofline" of Williams, Waterman and Patterson (2009).
        """
        return max(flops / self.flops, moved / self.bandwidth)

    def __str__(self) -> str:
        return (
            f"{self.flops / 1e9:,.0f} GFLOP/s (product of matrices) and "
            f"{self.bandwidth / 1e9:.1f} GB/s (copying memory) with {self.threads} "
            f"thread{'s' if self.threads > 1 else ''}"
        )


def measure_peak(dtype="float32") -> Peak:
    """Return the best rates of as many threads as the kernels use. Takes a moment."""
    threads = get_num_threads()
    matrices = np.random.default_rng(0).random((2, SIDE, SIDE)).astype(dtype)
    products = np.empty((threads, SIDE, SIDE), dtype)
    memory = np.ones((2, threads, COPIED // threads), np.uint8)

    def multiply(thread: int) -> None:
        np.matmul(matrices[0], matrices[1], out=products[thread])

    def copy(thread: int) -> None:
        np.copyto(memory[1, thread], memory[0, thread])

    with single_threaded_blas(), ThreadPoolExecutor(threads) as pool:
        return Peak(
            flops=2 * SIDE**3 * threads / _best_time(pool, multiply, threads),
            bandwidth=memory.size / _best_time(pool, copy, threads),
            threads=threads,
        )


def _best_time(pool: ThreadPoolExecutor, work: Callable[[int], None], threads: int) -> float:
    """Return the shortest time in which all threads together did ``work``, one part each."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        list(pool.map(work, range(threads)))
        times.append(time.perf_counter() - begin)
    return min(times)
