"""A part of an open file, as all readers of this folder see it: every read is checked against its end."""

import os
import struct
from typing import BinaryIO

from cnn_scratch.models.saving.errors import ModelFileError


class Window:
    """``size`` bytes of a file, from ``start`` on, that can be read at any place.

    Args:
        file: a binary file that can seek.
        start: the place of the first byte.
        size: the number of bytes; all to the end of the file by default.
        name: what messages call it.

    Raises:
        ModelFileError: the file ends before the window does.
    """

    def __init__(self, file: BinaryIO, start: int = 0, size: int | None = None, name: str = "the file"):
        end = file.seek(0, os.SEEK_END)
        size = end - start if size is None else size
        if start < 0 or size < 0 or start + size > end:
            raise ModelFileError(
                f"{name}: expected {size} bytes at byte {start}. Received: {end} bytes in all"
            )
        self._file, self._start, self.size, self.name = file, start, size, name
        self._budget: int | None = None

    def with_budget(self, count: int) -> "Window":
        """Return the same window, from which no more than ``count`` bytes can be read in all."""
        twin = Window(self._file, self._start, self.size, self.name)
        twin._budget = count
        return twin

    def check(self, place: int, count: int, what: str) -> None:
        """Raise unless ``count`` bytes at ``place`` lie within the window."""
        if place < 0 or count < 0 or place + count > self.size:
            raise ModelFileError(
                f"{what} needs {count} bytes at byte {place}, but there are {self.size} bytes in {self.name}"
            )

    def read(self, place: int, count: int, what: str = "A block") -> bytes:
        """Return ``count`` bytes from ``place`` on."""
        self.check(place, count, what)
        if self._budget is not None:
            self._budget -= count
            if self._budget < 0:
                raise ModelFileError(
                    f"{what}: {self.name} makes its reader read the same bytes again and again"
                )
        self._file.seek(self._start + place)
        data = self._file.read(count)
        if len(data) != count:
            raise ModelFileError(f"{what}: expected {count} bytes at byte {place}. Received: {len(data)}")
        return data

    def read_into(self, place: int, target: memoryview, what: str) -> None:
        """Fill ``target`` (bytes) from ``place`` on, without a copy in between."""
        self.check(place, len(target), what)
        self._file.seek(self._start + place)
        count = self._file.readinto(target)
        if count != len(target):
            raise ModelFileError(f"{what}: expected {len(target)} bytes at byte {place}. Received: {count}")

    def part(self, start: int, size: int, name: str) -> "Window":
        """Return a window into this window."""
        self.check(start, size, name)
        return Window(self._file, self._start + start, size, name)


class Cursor:
    """Reads little-endian numbers from bytes, one after the other; an error if there are too few."""

    def __init__(self, data: bytes, what: str):
        self.data, self.place, self.what = data, 0, what

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        if count < 0 or self.place + count > len(self.data):
            raise ModelFileError(
                f"{self.what} ends early: expected {count} bytes at its byte {self.place}. "
                f"Received: {len(self.data)} bytes in all"
            )
        self.place += count
        return self.data[self.place - count : self.place]

    def numbers(self, layout: str) -> tuple[int, ...]:
        """Return the next numbers; ``layout`` as for ``struct``: B, H, I and Q have 1, 2, 4 and 8 bytes."""
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def number(self, size: int) -> int:
        """Return the next unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def expect(self, wanted: bytes) -> None:
        """Raise unless the next bytes are ``wanted``."""
        if (found := self.take(len(wanted))) != wanted:
            raise ModelFileError(f"{self.what}: expected {wanted!r}. Received: {found!r}")

    def align(self, start: int) -> None:
        """Go on to the next multiple of 8 bytes after ``start``."""
        self.take(-(self.place - start) % 8)

    @property
    def left(self) -> int:
        """The number of bytes that have not been read."""
        return len(self.data) - self.place
