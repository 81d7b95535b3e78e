"""BLAS, the library behind NumPy's products of matrices, on one thread.

Where several threads each call BLAS, its own threads would only fight for the same cores; and the order in
which it adds would depend on how many there are.
"""

import functools
import threading
from typing import ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController


def product(a, b, out=None) -> np.ndarray:
    """Return ``a @ b``, for matrices or stacks of them; its bits do not depend on the number of threads."""
    # An infinity or NaN passes on without a warning, as in every kernel.
    with single_threaded_blas(), np.errstate(all="ignore"):
        return np.matmul(a, b, out=out)


class single_threaded_blas:  # noqa: N801  ``with single_threaded_blas():``
    """Let BLAS use one thread inside this block; the outermost block restores the old number.

    Open the block once around a whole training run, and the kernels inside do not pay for it again. Blocks of
    several threads of Python count as one: BLAS has its own threads back when the last of them is left.

    Args:
        in_kernels: whether a kernel inside calls ``np.dot``. It uses SciPy's BLAS, and nothing else does;
            loading it takes a tenth of a second, so it is left alone until then.
    """

    depth = 0  # how many blocks are open, so that inner ones cost nothing
    changed: ClassVar[dict] = {}  # the path of each library that has one thread now: it, and its old number
    lock = threading.Lock()  # of these two, and of the libraries' numbers

    def __init__(self, in_kernels: bool = False):
        self.in_kernels = in_kernels

    def __enter__(self):
        with self.lock:
            if single_threaded_blas.depth == 0 or self.in_kernels:
                for library in libraries(self.in_kernels):
                    if library.filepath not in self.changed:
                        self.changed[library.filepath] = library, library.get_num_threads()
                        set_num_threads(library, 1)
            single_threaded_blas.depth += 1

    def __exit__(self, *error):
        with self.lock:
            single_threaded_blas.depth -= 1
            if single_threaded_blas.depth == 0:
                for library, number in self.changed.values():
                    set_num_threads(library, number)
                self.changed.clear()


def set_num_threads(library, number: int) -> None:
    """Let a BLAS library use ``number`` threads, whichever thread of Python asks for it.

    OpenBLAS has one number for the whole process. To keep threads of Python from changing it against each
    other, threadpoolctl ignores all but the first one, until it is told to forget who that was.
    """
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)
    library.set_num_threads(number)


@functools.cache
def libraries(in_kernels: bool):
    """Return a controller for each BLAS library in this process: NumPy's own and, for kernels, SciPy's."""
    if in_kernels:
        import scipy.linalg.cython_blas  # noqa: F401  loads the BLAS that np.dot uses inside a kernel

    return ThreadpoolController().select(user_api="blas").lib_controllers
