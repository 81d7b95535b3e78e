"""How every kernel is compiled: the decorators and all compiler flags, each with its reason.

A kernel is a plain function of arrays and numbers. Four decorators turn it into machine code:

* ``@compiled`` for a function that one thread runs (usually a step of a larger kernel),
* ``@compiled_in_place`` for such a step that is called so often that calling it takes long,
* ``@compiled_parallel`` for a function whose loop the threads share, as ``kernels/threads.py`` explains,
* ``@compiled_parallel_products`` for one that does more with each element than read it once.

Nothing is compiled when a module is imported: Numba compiles a kernel for the argument types of
its first call, and keeps the machine code on disk for the next process. With the environment variable
``NUMBA_DISABLE_JIT=1`` the decorators leave the Python function as it is, so a reader can step through a
kernel in a debugger.
"""

import functools
import os
import threading
import types

import numba
import numpy as np
from numba.np.ufunc import parallel

from cnn_scratch.kernels.machine_code import machine_code_of
from cnn_scratch.kernels.threads import new_turns, run_on_threads

# Threads of GNU's OpenMP that have nothing to do look out for work for milliseconds before they
# sleep. On a machine that is busy with something else they then take the time of the thread that
# they wait for: a training step took up to ten times as long. This many looks are tens of
# microseconds, which is enough from one kernel to the next. OpenMP reads it when it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# nogil     other Python threads (a progress bar, say) go on while a kernel runs.
# fastmath  only "contract": a*b + c may become one fused multiply-add. The other fast-math flags
#           are left out on purpose: "nnan" and "ninf" assume that no value is NaN or infinite,
#           and "reassoc" would let the order of a sum depend on the machine.
# error_model "numpy": 1.0 / 0.0 is inf, as in NumPy, and no branch in the loop tests for it.
_FLAGS = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}


def compiled(function, is_kernel=False, is_part=False):
    """Compile a function that one thread runs.

    Its machine code is kept on disk (``kernels/machine_code.py``): only the first run ever compiles it.

    Args:
        is_kernel: whether Python calls it, so that a second process may compile it meanwhile.
        is_part: whether it becomes a part of its caller, instead of being called. It pays where one place
            calls it very often with much to hand over.
    """
    dispatcher = numba.njit(forceinline=is_part, **_FLAGS)(function)
    if not numba.config.DISABLE_JIT:
        dispatcher._cache = machine_code_of(function, is_kernel)  # what ``cache=True`` does, with Numba's own
    return dispatcher


def compiled_in_place(function):
    """Compile a function as a part of its caller."""
    return compiled(function, is_part=True)


# Less work than this is left to one thread: waking another one and waiting for it costs some
# microseconds, and many milliseconds on a machine that is busy with something else. The number of
# threads never changes a result, so neither does this choice. Both are some tenths of a millisecond.
SMALL = 2**18  # elements of all arrays together, for a kernel that does a little with each
SMALL_PRODUCT = 2**24  # multiplications, for a product of matrices


def compiled_parallel(function):
    """Compile a kernel ``function(turns, …)``; the threads share its loop unless its arrays are small.

    What this returns is called without ``turns``, and returns nothing. Arrays in a tuple are not counted:
    those are to be the small ones.
    """
    run = compiled_parallel_products(function)

    @functools.wraps(function)
    def call(*arguments):
        elements = sum([argument.size for argument in arguments if isinstance(argument, np.ndarray)])
        with one_thread_if(elements < SMALL):
            run(*arguments)

    return call


def compiled_parallel_products(function):
    """Do the same for a kernel that does much with each element, such as a product.

    Its caller knows the number of multiplications, and says ``with one_thread_if(…)``.
    """
    kernel = compiled(_named_like(function, _launch, run=run_on_threads(function)), is_kernel=True)

    @functools.wraps(function)
    def call(*arguments):
        turns = new_turns()
        number_of_threads = _number_of_threads()
        kernel(1 if _here.is_alone else number_of_threads(), turns, *arguments)
        if turns[1]:
            raise MemoryError(f"A thread had to give up in the kernel {function.__name__}.")

    if numba.config.DISABLE_JIT:
        return functools.wraps(function)(lambda *arguments: function(new_turns(), *arguments))
    return call


def _launch(threads, turns, *arguments):
    run(threads, turns, arguments)  # noqa: F821  ``_named_like`` defines it


def _named_like(function, template, **names):
    """Return the template as a function for which ``names`` are defined, called and placed like another one.

    Numba keeps machine code on disk under the name and the place of a function.
    """
    code = template.__code__.replace(
        co_name=function.__name__,
        co_filename=function.__code__.co_filename,
        co_firstlineno=function.__code__.co_firstlineno,
    )
    copy = types.FunctionType(code, function.__globals__ | names, function.__name__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    return copy


@functools.cache
def _number_of_threads():
    """Return what stands below ``numba.get_num_threads``, which takes a lock and is ten times as slow."""
    numba.get_num_threads()  # starts the threads, without which no kernel can be linked
    return getattr(parallel, "_get_num_threads", numba.get_num_threads)


class _Here(threading.local):
    """What is different in each thread of Python."""

    is_alone = False  # whether kernels use one thread


_here = _Here()


class one_thread_if:  # noqa: N801  reads like a word of the language: ``with one_thread_if(small):``
    """Let the kernels inside this block use one thread if the work is small."""

    def __init__(self, small: bool):
        self.small = small

    def __enter__(self):
        self.was_alone = _here.is_alone
        _here.is_alone = self.small or self.was_alone

    def __exit__(self, *error):
        _here.is_alone = self.was_alone


def set_num_threads(number: int) -> None:
    """Use ``number`` threads in every parallel kernel from now on.

    Raises:
        ValueError: ``number`` is below 1 or above the threads that Numba started with.
    """
    most = numba.config.NUMBA_NUM_THREADS
    if not 1 <= number <= most:
        raise ValueError(
            f"The number of threads must be between 1 and {most} on this machine. Received: {number}"
        )
    numba.set_num_threads(number)


def get_num_threads() -> int:
    """Return how many threads the parallel kernels use."""
    return numba.get_num_threads()
