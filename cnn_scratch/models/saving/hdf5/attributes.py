"""Attributes: small notes at a group. Keras keeps names and, in ``.h5`` files, the configuration there."""

from typing import Any

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.hdf5 import messages as kinds
from cnn_scratch.models.saving.hdf5.dataset import read_shape
from cnn_scratch.models.saving.hdf5.messages import UNDEFINED, Message, only
from cnn_scratch.models.saving.window import Cursor, Window

STRING, VARIABLE_LENGTH = 3, 9
MAX_STRINGS = 100_000
MAX_COLLECTION = 1 << 26


def read_attributes(messages: list[Message], heap: "StringHeap", what: str) -> dict[str, Any]:
    """Return the attributes that are strings or lists of strings; no other one is ever asked for.

    Raises:
        ModelFileError: they are damaged.
    """
    info = only(messages, kinds.ATTRIBUTE_INFO, "list of attributes", what)
    if info is not None:
        cursor = Cursor(info, what)
        _, flags = cursor.numbers("BB")
        cursor.take(2 * (flags & 1))
        if cursor.number(8) != UNDEFINED:
            raise ModelFileError(
                f"{what}: expected attributes as HDF5 1.8 writes them. Received: a fractal heap"
            )
    found = (_read(message.content, heap, what) for message in messages if message.kind == kinds.ATTRIBUTE)
    return {name: value for name, value in found if value is not None}


def _read(content: bytes, heap: "StringHeap", what: str) -> tuple[str, Any]:
    cursor = Cursor(content, f"An attribute of {what}")
    version, flags, name_size, type_size, space_size = cursor.numbers("BBHHH")
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise ModelFileError(f"{cursor.what}: expected version 1 to 3. Received: {version}, flags {flags}")
    cursor.take(version == 3)  # the character set
    parts = []
    for size in (name_size, type_size, space_size):
        start = cursor.place
        parts.append(cursor.take(size))
        if version == 1:
            cursor.align(start)
    name = parts[0].split(b"\0")[0].decode("utf-8")
    shape = read_shape(parts[2], f"attribute '{name[:80]}' of {what}")
    count = 1
    for size in shape:
        count *= size
    if count > MAX_STRINGS or len(shape) > 1:
        raise ModelFileError(
            f"{cursor.what}: expected at most {MAX_STRINGS} strings. Received: shape {shape}"
        )
    kind, bits, _, _, size = Cursor(parts[1], cursor.what).numbers("BBBBI")
    if kind & 15 == STRING:
        strings = [cursor.take(size) for _ in range(count)]
    elif kind & 15 == VARIABLE_LENGTH and bits & 15 == 1:
        strings = [heap.read(*cursor.numbers("IQI")) for _ in range(count)]
    else:
        return name, [] if shape == (0,) else None
    texts = [text.split(b"\0")[0].decode("utf-8") for text in strings]
    return name, texts if shape else texts[0]


class StringHeap:
    """Strings of any length lie in collections of their own (the "global heap"); each is read once."""

    def __init__(self, window: Window):
        self._window, self._what = window, f"The heap of strings of {window.name}"
        self._collections: dict[int, dict[int, bytes]] = {}

    def read(self, length: int, address: int, index: int) -> bytes:
        """Return a string, given its length, the address of its collection and its number there."""
        if length == 0:
            return b""
        if address not in self._collections:
            self._collections[address] = self._read_collection(address)
        data = self._collections[address].get(index)
        if data is None or len(data) < length:
            raise ModelFileError(f"{self._what}: expected string {index} of {length} bytes at byte {address}")
        return data[:length]

    def _read_collection(self, address: int) -> dict[int, bytes]:
        head = Cursor(self._window.read(address, 16, self._what), self._what)
        head.expect(b"GCOL\1")
        (size,) = head.numbers("xxxQ")
        if not 16 <= size <= MAX_COLLECTION or len(self._collections) > MAX_STRINGS:
            raise ModelFileError(f"{self._what}: expected at most {MAX_COLLECTION} bytes. Received: {size}")
        cursor = Cursor(self._window.read(address + 16, size - 16, self._what), self._what)
        strings = {}
        while cursor.left >= 16:
            index, _, length = cursor.numbers("HHxxxxQ")
            if index == 0:  # the rest is free
                break
            strings[index] = cursor.take(length)
            cursor.take(min(-length % 8, cursor.left))
        return strings
