"""An array of numbers in an HDF5 file: its shape, its dtype, and where its bytes are."""

import math
from typing import NamedTuple

import numpy as np

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.hdf5 import messages as kinds
from cnn_scratch.models.saving.hdf5.chunks import Chunks, read_filters
from cnn_scratch.models.saving.hdf5.messages import UNDEFINED, Message, only
from cnn_scratch.models.saving.window import Cursor, Window

MAX_RANK = 8
COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL = range(4)

# Bytes: (bit offset, precision, exponent's place and size, mantissa's place and size, bias) of IEEE 754.
_FLOATS = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}


class Dataset:
    """An array that can be read; nothing but its header has been read yet.

    Attributes:
        shape, dtype: of the array.
        stored: the number of bytes that the file holds for it.
    """

    def __init__(self, window: Window, messages: list[Message], name: str):
        self._window, self.name = window, name
        if only(messages, kinds.EXTERNAL_FILES, "list of files", name) is not None:
            raise ModelFileError(f"{name}: expected numbers in this file. Received: numbers in another file")
        dataspace = only(messages, kinds.DATASPACE, "shape", name)
        datatype = only(messages, kinds.DATATYPE, "dtype", name)
        layout = only(messages, kinds.LAYOUT, "layout", name)
        if None in (dataspace, datatype, layout):
            raise ModelFileError(f"{name}: expected an array with a shape, a dtype and a layout")
        self.shape = read_shape(dataspace, name)
        self.dtype = read_number_type(datatype, name)
        filters = only(messages, kinds.FILTERS, "list of filters", name)
        self._layout = _read_layout(layout, name)
        self._chunks = None
        if self._layout.kind == CHUNKED:
            self._chunks = Chunks(
                window, self._layout, self.shape, self.dtype, read_filters(filters or b"\2\0", name), name
            )
        elif filters is not None:
            raise ModelFileError(f"{name}: expected filters on an array in chunks only")
        self.stored = self._check_stored()

    @property
    def nbytes(self) -> int:
        """The number of bytes of the whole array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def _check_stored(self) -> int:
        """Return how many bytes the file holds for this array, after checking that it is enough."""
        layout = self._layout
        if self._chunks is not None:
            return self._chunks.stored
        if layout.size != self.nbytes:
            raise ModelFileError(
                f"{self.name}: shape {self.shape} of {self.dtype} needs {self.nbytes} bytes. "
                f"Received: {layout.size} bytes"
            )
        if layout.kind == CONTIGUOUS and self.nbytes:
            self._window.check(layout.address, layout.size, self.name)
        return layout.size

    def read(self) -> np.ndarray:
        """Return the array, in this machine's byte order."""
        if self._chunks is not None:
            return self._native(self._chunks.read())
        array = np.empty(self.shape, self.dtype)
        target = memoryview(array.reshape(-1).view(np.uint8))
        if self._layout.kind == COMPACT:
            target[:] = self._layout.content
        elif self.nbytes:
            self._window.read_into(self._layout.address, target, self.name)
        return self._native(array)

    def _native(self, array: np.ndarray) -> np.ndarray:
        return array.astype(array.dtype.newbyteorder("="), copy=False)


class Layout(NamedTuple):
    """Where the bytes are; ``dims`` are the sizes of one chunk, the last one that of an element."""

    kind: int
    address: int = UNDEFINED
    size: int = 0
    content: bytes = b""
    dims: tuple[int, ...] = ()


def _read_layout(content: bytes, name: str) -> Layout:
    cursor = Cursor(content, f"The layout of {name}")
    version, kind = cursor.numbers("BB")
    if kind == VIRTUAL:
        raise ModelFileError(
            f"{name}: expected numbers in this place. Received: a virtual array, made of others"
        )
    if version not in (3, 4) or (version == 4 and kind == CHUNKED) or kind > VIRTUAL:
        raise ModelFileError(
            f"{name}: expected a compact or contiguous array, or chunks as HDF5 1.8 lists them. "
            f"Received: layout version {version}, class {kind}"
        )
    if kind == COMPACT:
        size = cursor.number(2)
        return Layout(kind, size=size, content=cursor.take(size))
    if kind == CONTIGUOUS:
        address, size = cursor.numbers("QQ")
        return Layout(kind, address, size)
    rank, address = cursor.numbers("BQ")
    if not 1 < rank <= MAX_RANK + 1:
        raise ModelFileError(f"{name}: expected chunks of 1 to {MAX_RANK} dimensions. Received: {rank - 1}")
    return Layout(kind, address, dims=cursor.numbers(f"{rank}I"))


def read_shape(content: bytes, name: str) -> tuple[int, ...]:
    """Return the shape that a dataspace message holds."""
    cursor = Cursor(content, f"The shape of {name}")
    version, rank, _ = cursor.numbers("BBB")
    if version == 1:
        cursor.take(5)
    elif version != 2 or cursor.number(1) == 2:
        raise ModelFileError(f"{name}: expected a shape. Received: none, or one of version {version}")
    if rank > MAX_RANK:
        raise ModelFileError(f"{name}: expected at most {MAX_RANK} dimensions. Received: {rank}")
    shape = cursor.numbers(f"{rank}Q")
    if math.prod(max(size, 1) for size in shape) >= 2**60:
        raise ModelFileError(f"{name}: expected an array that fits into memory. Received: shape {shape}")
    return shape


def read_number_type(content: bytes, name: str) -> np.dtype:
    """Return the dtype that a datatype message holds: integers and IEEE floats, nothing else."""
    cursor = Cursor(content, f"The dtype of {name}")
    kind, bits, sign_place, _, size = cursor.numbers("BBBBI")
    order = ">" if bits & 1 else "<"
    if kind & 15 == 0 and size in (1, 2, 4, 8) and cursor.numbers("HH") == (0, 8 * size):
        return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    # The rest of a float: no VAX order (bit 6), the leading 1 of the mantissa implied (2 in bits 4, 5).
    is_float = kind & 15 == 1 and size in _FLOATS and bits & 0x70 == 0x20 and sign_place == 8 * size - 1
    if is_float and cursor.numbers("HHBBBBI") == _FLOATS[size]:
        return np.dtype(f"{order}f{size}")
    names = {
        0: "integer", 1: "float", 2: "time", 3: "string", 4: "bit field", 5: "opaque", 6: "compound",
        7: "reference", 8: "enumeration", 9: "variable-length", 10: "array",
    }  # fmt: skip
    raise ModelFileError(
        f"{name}: expected plain numbers of 1, 2, 4 or 8 bytes. Received: an HDF5 type of class "
        f"{kind & 15} ({names.get(kind & 15, 'unknown')}), {size} bytes"
    )
