"""Notes every array that NumPy makes, through the door that NumPy has for allocators of one's own.

``tracemalloc`` knows what is alive at a moment. An array that is made and dropped again below the peak shows
here only. See "Memory management in NumPy" in its reference; the structure and the places of the functions
are those of its headers ``ndarraytypes.h`` and ``__multiarray_api.h``.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from numpy._core import _multiarray_umath

NAME = b"mem_handler"  # of capsules with a handler, which keep the address of this one

_pointer, _size = ctypes.c_void_p, ctypes.c_size_t
_malloc_type = ctypes.PYFUNCTYPE(_pointer, _pointer, _size)
_calloc_type = ctypes.PYFUNCTYPE(_pointer, _pointer, _size, _size)
_realloc_type = ctypes.PYFUNCTYPE(_pointer, _pointer, _pointer, _size)


class Handler(ctypes.Structure):
    """``PyDataMem_Handler``: a name, a version, and an allocator."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", _pointer),
        ("malloc", _malloc_type),
        ("calloc", _calloc_type),
        ("realloc", _realloc_type),
        ("free", _pointer),
    )


_new_capsule, _address_in = ctypes.pythonapi.PyCapsule_New, ctypes.pythonapi.PyCapsule_GetPointer
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, (_pointer, ctypes.c_char_p, _pointer)
_address_in.restype, _address_in.argtypes = _pointer, (ctypes.py_object, ctypes.c_char_p)
# NumPy's table of functions, and the places of two of them.
_functions = ctypes.cast(_address_in(_multiarray_umath._ARRAY_API, None), ctypes.POINTER(_pointer))
_set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(_functions[304])
_get_handler = ctypes.PYFUNCTYPE(ctypes.py_object)(_functions[305])

_usual = Handler.from_address(_address_in(_get_handler(), NAME))
_sizes: list[int] = []


# An array is freed by the allocator that made it, perhaps long after it was noted: so all of this stays.


@_malloc_type
def _malloc(context, size):
    _sizes.append(size)
    return _usual.malloc(context, size)


@_calloc_type
def _calloc(context, number, size):
    _sizes.append(number * size)
    return _usual.calloc(context, number, size)


@_realloc_type
def _realloc(context, memory, size):
    _sizes.append(size)
    return _usual.realloc(context, memory, size)


_noting = Handler(b"noting", 1, _usual.context, _malloc, _calloc, _realloc, _usual.free)
_capsule = _new_capsule(ctypes.addressof(_noting), NAME, None)


@contextmanager
def noted_arrays() -> Iterator[list[int]]:
    """Note the bytes of each array that this thread of Python makes inside."""
    sizes: list[int] = []
    _sizes.clear()
    before = _set_handler(_capsule)
    try:
        yield sizes
    finally:
        _set_handler(before)
        sizes.extend(_sizes)
