"""A matrix product on several threads whose bits do not depend on how many there are."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from cnn_scratch.kernels.compile import SMALL_PRODUCT, get_num_threads, single_threaded_blas

# Rows of one piece. A number that depends on shapes only; the threads take pieces as they come.
MOST_PIECES = 16


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return ``a @ b`` for matrices a (M, K) and b (K, F).

    BLAS splits a product over its threads in a way that changes the order of additions with the
    number of threads. Here the rows of ``a`` are cut into pieces by shape alone, and each piece is
    one product on one thread, so the same numbers come out on any machine with the same BLAS.
    """
    M, K = a.shape
    F = b.shape[1]
    with single_threaded_blas():
        if M * K * F < SMALL_PRODUCT or M < 2:
            return a @ b
        product = np.empty((M, F), np.result_type(a, b))
        rows = -(-M // MOST_PIECES)
        starts = range(0, M, rows)

        def multiply(start):
            stop = min(start + rows, M)
            np.matmul(a[start:stop], b, out=product[start:stop])

        threads = get_num_threads()
        if threads == 1:
            for start in starts:
                multiply(start)
        else:
            list(_pool(threads).map(multiply, starts))
        return product


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="matmul")
