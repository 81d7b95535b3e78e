"""Arrays in chunks: pieces of equal shape, found through a tree, each possibly compressed."""

import math
import zlib
from typing import NamedTuple

import numpy as np

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.window import Cursor, Window

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
MAX_CHUNKS = 1 << 20
MAX_EXPANSION = 100  # compressed numbers of a network hardly shrink; a bomb shrinks a thousandfold
SMALL = 1 << 22  # bytes up to which a large expansion does no harm (zeros compress well)


class Piece(NamedTuple):
    """One chunk: where its corner lies in the array, and its bytes in the file."""

    corner: tuple[int, ...]
    address: int
    size: int
    filter_mask: int


def read_filters(content: bytes, name: str) -> list[int]:
    """Return the numbers of the filters that were applied when the array was written, in order."""
    cursor = Cursor(content, f"The filters of {name}")
    version, count = cursor.numbers("BB")
    if version == 1:
        cursor.take(6)
    filters = []
    for _ in range(count):
        number = cursor.number(2)
        name_length = cursor.number(2) if version == 1 or number >= 256 else 0
        _, values = cursor.numbers("HH")
        cursor.take(name_length + 4 * values + (4 * (values % 2) if version == 1 else 0))
        filters.append(number)
    if version not in (1, 2) or len(set(filters)) < len(filters) or not set(filters) <= {1, 2, 3}:
        raise ModelFileError(
            f"{name}: expected no filters but deflate (1), shuffle (2) and the check sum fletcher32 (3), "
            f"once each. Received: {filters[:8]}"
        )
    return filters


class Chunks:
    """The chunks of one array, listed and checked; ``read`` puts them together."""

    def __init__(self, window: Window, layout, shape, dtype: np.dtype, filters: list[int], name: str):
        self._window, self._shape, self._dtype, self._filters = window, shape, dtype, filters
        self._name = name
        self._chunk_shape = layout.dims[:-1]
        total = math.prod(shape) * dtype.itemsize
        size = math.prod(layout.dims)
        if len(self._chunk_shape) != len(shape) or layout.dims[-1] != dtype.itemsize or not size:
            raise ModelFileError(f"{name}: expected chunks for shape {shape}. Received: chunks {layout.dims}")
        if size > max(1 << 20, 2 * total):
            raise ModelFileError(f"{name}: expected chunks no larger than the array. Received: {layout.dims}")
        grid = [-(-n // step) for n, step in zip(shape, self._chunk_shape, strict=True)]
        if math.prod(grid) > MAX_CHUNKS or math.prod(grid) * 56 > window.size:
            raise ModelFileError(f"{name}: the file cannot hold {math.prod(grid)} chunks")
        self._pieces = self._list(layout.address, math.prod(grid)) if math.prod(grid) else []
        self.stored = sum(piece.size for piece in self._pieces)
        self._check(total, math.prod(grid))

    def _list(self, root: int, most: int) -> list[Piece]:
        pieces, queue, seen = [], [root], set()
        rank = len(self._shape)
        key_size = 8 + 8 * (rank + 1)
        while queue:
            address = queue.pop()
            if address in seen or len(seen) > 2 * most:
                raise ModelFileError(f"The tree of chunks of {self._name} runs in a circle")
            seen.add(address)
            what = f"The tree of chunks of {self._name}"
            head = Cursor(self._window.read(address, 24, what), what)
            head.expect(b"TREE\1")
            level, count = head.numbers("BH")
            body = self._window.read(address + 24, count * (key_size + 8), what)
            cursor = Cursor(body, what)
            for _ in range(count):
                size, mask, *corner = cursor.numbers(f"II{rank + 1}Q")
                child = cursor.number(8)
                if level:
                    queue.append(child)
                else:
                    pieces.append(Piece(tuple(corner[:rank]), child, size, mask))
            if len(pieces) > most:
                raise ModelFileError(f"{self._name}: expected {most} chunks. Received: more")
        return pieces

    def _check(self, total: int, count: int) -> None:
        corners = {piece.corner for piece in self._pieces}
        fits = all(
            at % step == 0 and at < n
            for corner in corners
            for at, step, n in zip(corner, self._chunk_shape, self._shape, strict=True)
        )
        if len(corners) != count or len(self._pieces) != count or not fits:
            raise ModelFileError(
                f"{self._name}: expected {count} chunks. Received: {len(corners)}, or misplaced"
            )
        for piece in self._pieces:
            self._window.check(piece.address, piece.size, self._name)
        if self.stored > self._window.size or (total > SMALL and total > MAX_EXPANSION * self.stored):
            raise ModelFileError(
                f"{self._name}: expected {total} bytes. Received: {self.stored} bytes compressed"
            )

    def read(self) -> np.ndarray:
        """Return the array."""
        array = np.empty(self._shape, self._dtype)
        for piece in self._pieces:
            chunk = np.frombuffer(self._unpack(piece), self._dtype).reshape(self._chunk_shape)
            place = tuple(
                slice(at, min(at + step, n))
                for at, step, n in zip(piece.corner, self._chunk_shape, self._shape, strict=True)
            )
            array[place] = chunk[tuple(slice(0, part.stop - part.start) for part in place)]
        return array

    def _unpack(self, piece: Piece) -> bytes:
        size = math.prod(self._chunk_shape) * self._dtype.itemsize
        data = self._window.read(piece.address, piece.size, self._name)
        for position in reversed(range(len(self._filters))):
            if piece.filter_mask >> position & 1:  # left out when this chunk was written
                continue
            data = self._undo(self._filters[position], data, size)
        if len(data) != size:
            raise ModelFileError(f"{self._name}: expected a chunk of {size} bytes. Received: {len(data)}")
        return data

    def _undo(self, number: int, data: bytes, size: int) -> bytes:
        if number == DEFLATE:
            inflater = zlib.decompressobj()
            plain = inflater.decompress(data, size + 4)  # + 4: a check sum may have been added before
            if not inflater.eof:
                raise ModelFileError(
                    f"{self._name}: expected a compressed chunk of {size} bytes. Received: another"
                )
            return plain
        if number == SHUFFLE:
            return np.frombuffer(data, np.uint8).reshape(self._dtype.itemsize, -1).T.tobytes()
        if len(data) < 4 or fletcher32(data[:-4]) != int.from_bytes(data[-4:], "little"):
            raise ModelFileError(f"{self._name}: the check sum of a chunk is wrong: the file is damaged")
        return data[:-4]


def fletcher32(data: bytes) -> int:
    """Return HDF5's check sum of ``data``: two running sums of its 16-bit words, modulo 65535."""
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype(np.uint64)
    first = second = 0
    for start in range(0, len(words), 4096):
        block = words[start : start + 4096]
        second += len(block) * first + int((block * np.arange(len(block), 0, -1, dtype=np.uint64)).sum())
        first += int(block.sum())
        first, second = _fold(first), _fold(second)
    return second << 16 | first


def _fold(total: int) -> int:
    """Return ``total`` modulo 65535, with 65535 in place of 0 unless ``total`` is 0."""
    return total and (total - 1) % 65535 + 1
