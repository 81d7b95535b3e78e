"""BLAS works on one thread where that is asked for, and has its own number back afterwards."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cnn_scratch import Input, Model, layers
from cnn_scratch.kernels.blas import libraries, product, single_threaded_blas


def blas_threads() -> dict[str, int]:
    """Return the threads of each BLAS library in this process."""
    libraries = (library for library in threadpool_info() if library["user_api"] == "blas")
    return {library["filepath"]: library["num_threads"] for library in libraries}


def test_blas_has_one_thread_inside_and_its_old_number_outside():
    with single_threaded_blas(in_kernels=True):
        pass  # loads SciPy's BLAS
    before = blas_threads()
    with single_threaded_blas():
        with single_threaded_blas(in_kernels=True):
            assert set(blas_threads().values()) == {1}
        assert set(blas_threads().values()) == {1}
    assert blas_threads() == before
    with pytest.raises(RuntimeError, match="stop"), single_threaded_blas(in_kernels=True):
        raise RuntimeError("stop")
    assert blas_threads() == before


# A new process tells for each block: is SciPy's linear algebra loaded, and with it its BLAS, and the threads.
SCIPYS_BLAS = """
import sys
import numpy as np
from threadpoolctl import threadpool_info
from cnn_scratch.kernels.blas import single_threaded_blas

def numbers():
    libraries = (library for library in threadpool_info() if library["user_api"] == "blas")
    return {library["filepath"]: library["num_threads"] for library in libraries}

before = numbers()
with single_threaded_blas():
    print("scipy.linalg" in sys.modules, set(numbers().values()))
    with single_threaded_blas(in_kernels=True):
        print("scipy.linalg" in sys.modules, set(numbers().values()))
after = numbers()
print(len(after) - len(before), before.items() <= after.items(), len(set(after.values())))
"""


def test_scipys_blas_is_loaded_where_a_kernel_uses_it_and_put_back_as_well():
    lines = subprocess.run(
        [sys.executable, "-c", SCIPYS_BLAS], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines[:2] == ["False {1}", "True {1}"]
    # Two libraries, unless both packages were built with the same one.
    assert lines[2] in ("1 True 1", "0 True 1")


@pytest.fixture
def hasty_threads():
    """Let threads of Python take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_blocks_of_several_threads_of_python_count_as_one(hasty_threads):
    before = blas_threads()

    def open_often(_):
        numbers = set()
        for _ in range(300):
            with single_threaded_blas():
                numbers.update(library.get_num_threads() for library in libraries(in_kernels=False))
        return numbers

    with ThreadPoolExecutor(4) as pool:
        assert set().union(*pool.map(open_often, range(4))) == {1}
    assert single_threaded_blas.depth == 0
    assert blas_threads() == before


def test_any_thread_of_python_can_ask_for_it():
    before, inside = blas_threads(), []

    def ask():
        with single_threaded_blas(in_kernels=True):
            inside.append(set(blas_threads().values()))

    for _ in range(2):
        ask()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(ask).result()
    assert inside == [{1}] * 4
    assert blas_threads() == before


def test_a_thread_that_has_set_another_number_does_not_hinder():
    is_set, is_seen = threading.Event(), threading.Event()

    def set_it():
        with threadpool_limits(2, user_api="blas"):
            is_set.set()
            is_seen.wait(timeout=60)

    with single_threaded_blas():
        pass
    with threadpool_limits(2, user_api="blas"):
        pass  # at its end threadpoolctl forgets which thread has changed the numbers
    before = blas_threads()
    other = threading.Thread(target=set_it)
    other.start()
    is_set.wait(timeout=60)
    with single_threaded_blas():
        inside = {library.get_num_threads() for library in libraries(in_kernels=False)}
    is_seen.set()
    other.join()
    assert inside == {1}
    assert blas_threads() == before


def test_a_product_is_made_on_one_thread_and_without_a_warning():
    numbers = []

    class Noting:
        def __array__(self, dtype=None, copy=None):
            numbers.extend(library.get_num_threads() for library in libraries(in_kernels=False))
            return np.array([[np.inf, 1.0]])

    np.testing.assert_array_equal(product(Noting(), np.array([[0.0], [1.0]])), [[np.nan]])
    assert set(numbers) == {1}


def test_bits_do_not_depend_on_the_threads_of_blas():
    """A product of this size has other bits where BLAS shares it between threads; layers may not let it."""
    rng = np.random.default_rng(0)
    a, b = Input((300, 2000)), Input((2000, 300))
    arrays = [rng.standard_normal((1, *tensor.shape[1:]), np.float32) for tensor in (a, b)]
    model = Model([a, b], [a @ b, layers.Dot((2, 1))([a, b])])
    results = []
    for threads in (1, 2, 3):
        with threadpool_limits(threads, user_api="blas"):
            outputs, cache = model.forward(arrays)
            grads = model.backward(outputs, cache)
            results.append([array.tobytes() for array in (*outputs, *grads)])
    assert results[1:] == results[:1] * 2
