"""How kernels run: on how many threads, and that their number is put back."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from cnn_scratch.kernels.compile import (
    SMALL,
    compiled_parallel,
    get_num_threads,
    one_thread_if,
    set_num_threads,
)
from cnn_scratch.kernels.matmul import matmul
from cnn_scratch.kernels.threads import take_turn


@compiled_parallel
def count_threads(turns, values, counts):
    """Add 1 to one element of ``counts`` for each thread that works on this call."""
    counts[take_turn(turns)] += 1


@compiled_parallel
def give_up(turns, values):
    if values.size:
        raise ValueError("as if an array could not be allocated")


def test_small_arrays_are_left_to_one_thread():
    most = get_num_threads()
    counts = np.zeros(most, np.int64)
    count_threads(np.zeros(10), counts)
    assert counts.sum() == 1
    assert get_num_threads() == most
    count_threads(np.zeros(SMALL), counts)
    assert counts.sum() == 1 + (1 if numba.config.DISABLE_JIT else most)


def threads_used(small) -> int:
    """Return how many threads a kernel uses in such a block."""
    counts = np.zeros(get_num_threads(), np.int64)
    with one_thread_if(small):
        count_threads(np.zeros(SMALL), counts)
    return counts.sum()


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="Python runs a kernel on one thread")
def test_one_thread_holds_for_what_is_inside_and_for_this_thread_of_python():
    most = get_num_threads()
    assert (threads_used(False), threads_used(True)) == (most, 1)
    with one_thread_if(True):
        assert threads_used(False) == threads_used(True) == 1
        assert get_num_threads() == most
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(threads_used, False).result() == most
    with pytest.raises(RuntimeError, match="stop"), one_thread_if(True):
        raise RuntimeError("stop")
    assert threads_used(False) == most


@pytest.mark.parametrize("size", [1, SMALL])
def test_a_thread_that_gives_up_is_an_error(size):
    with pytest.raises(ValueError if numba.config.DISABLE_JIT else MemoryError):
        give_up(np.zeros(size))


def test_the_number_of_threads_comes_back_after_an_error():
    most = get_num_threads()
    with pytest.raises((numba.TypingError, TypeError)):
        count_threads(np.zeros(3), None)
    assert get_num_threads() == most


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_set_num_threads_rejects(number):
    with pytest.raises(ValueError, match=rf"must be between 1 and \d+ on this machine. Received: {number}"):
        set_num_threads(number)


def test_matmul_passes_infinity_and_nan_on_without_a_warning():
    product = matmul(np.array([[np.inf, 1.0], [np.nan, 1.0]]), np.array([[0.0], [1.0]]))
    np.testing.assert_array_equal(product, [[np.nan], [np.nan]])
    np.testing.assert_array_equal(matmul(np.full((2, 2), 1e200), np.full((2, 2), 1e200)), np.inf)


@pytest.mark.parametrize("shape", [(1, 5, 3), (7, 300, 200), (700, 270, 100), (5000, 64, 64)])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True)])
def test_matmul_equals_numpy_and_does_not_depend_on_threads(shape, transposed):
    M, K, F = shape
    rng = np.random.default_rng(0)
    a = rng.normal(size=(K, M)).T if transposed[0] else rng.normal(size=(M, K))
    b = rng.normal(size=(F, K)).T if transposed[1] else rng.normal(size=(K, F))
    most = get_num_threads()
    try:
        set_num_threads(1)
        one = matmul(a, b)
    finally:
        set_num_threads(most)
    np.testing.assert_array_equal(matmul(a, b), one)
    np.testing.assert_allclose(one, a @ b, rtol=0, atol=1e-15 * K * 16)
