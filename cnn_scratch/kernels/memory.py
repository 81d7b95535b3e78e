"""Where arrays lie in memory: freed memory is kept for the next ones, and they begin with a cache line."""

import contextlib
import ctypes
import functools
import math
import sys

import numpy as np

# Parameters of glibc's mallopt (see its manual page, and malloc.h).
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4

SMALL = 4096  # bytes


@functools.cache
def keep_freed_memory() -> None:
    """Ask the C library to keep freed memory instead of handing it back to the system. Done once.

    A training step needs the same arrays as the step before, and a layer of a prediction as many as the one
    before it. glibc gives blocks of many megabytes back as soon as they are freed, and the system then clears
    every page anew when it is touched again: in small networks that can take as long as the arithmetic. So
    large blocks come from the heap (no ``mmap`` of their own), and the heap is not trimmed. On other systems
    nothing is done: their C libraries have no such setting.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):  # a C library without mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)  # never


def aligned_empty(shape, dtype) -> np.ndarray:
    """Return an empty array that begins with a cache line (64 bytes).

    NumPy's begin 16 bytes behind one: then every vector of 64 bytes lies in two lines, and takes twice as
    long to load or store. To look for the line takes 1 µs: arrays below SMALL bytes begin where they may.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALL:
        return np.empty(shape, dtype)
    return _from_a_cache_line(np.empty(size + 64, np.uint8), size).view(dtype).reshape(shape)


def aligned_zeros(size: int, dtype) -> np.ndarray:
    """Return ``size`` zeros that begin with a cache line, however few they are."""
    size *= np.dtype(dtype).itemsize
    return _from_a_cache_line(np.zeros(size + 64, np.uint8), size).view(dtype)


def _from_a_cache_line(memory: np.ndarray, size: int) -> np.ndarray:
    """Return ``size`` bytes of this memory, which has 64 more, from the first cache line on."""
    # Within a training step this is 15 µs sooner than to ask NumPy, which describes the whole array.
    first = -ctypes.addressof(ctypes.c_char.from_buffer(memory)) % 64
    return memory[first : first + size]
