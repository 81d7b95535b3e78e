"""The same work on one thread and on all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from cnn_scratch.kernels import compile as kernel_compile
from cnn_scratch.kernels import conv2d, matmul
from cnn_scratch.kernels.compile import get_num_threads, set_num_threads


@contextmanager
def even_small_work_is_shared():
    """Let all threads take part in work that would otherwise be left to one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_compile, "SMALL", 0)
        patch.setattr(conv2d, "SMALL_PRODUCT", 0)
        patch.setattr(matmul, "SMALL_PRODUCT", 0)
        yield


def each_number_of_threads() -> Iterator[int]:
    """Go through one thread, all, and all again, and set that many each time."""
    most = get_num_threads()
    try:
        with even_small_work_is_shared():
            for threads in (1, most, most):
                set_num_threads(threads)
                yield threads
    finally:
        set_num_threads(most)


def assert_same_bits_for_any_number_of_threads(run: Callable[[], list]) -> None:
    """Compare the arrays that ``run()`` returns on one thread, on all, and on all again."""
    results = [[np.array(array) for array in run()] for _ in each_number_of_threads()]
    for other in results[1:]:
        for one, many in zip(results[0], other, strict=True):
            assert one.dtype == many.dtype
            assert one.tobytes() == many.tobytes()
