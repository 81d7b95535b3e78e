"""Object headers: the list of messages that describes a group or an array (specification, IV.A)."""

from typing import NamedTuple

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.window import Cursor, Window

MAX_MESSAGES = 4096
MAX_HEADER = 1 << 24  # bytes of one block of messages; attributes of old files are stored in them
UNDEFINED = 2**64 - 1  # the address of what does not exist

DATASPACE, LINK_INFO, DATATYPE, FILL_VALUE, LINK = 0x01, 0x02, 0x03, 0x05, 0x06
EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION = 0x07, 0x08, 0x0B, 0x0C, 0x10
SYMBOL_TABLE, ATTRIBUTE_INFO = 0x11, 0x15


class Message(NamedTuple):
    """One message: what it is about, and its content."""

    kind: int
    content: bytes
    shared: bool


def read_messages(window: Window, address: int, what: str) -> list[Message]:
    """Return all messages of the object header at ``address``, those of its continuations included.

    Raises:
        ModelFileError: there is no header, or its blocks form a circle or are too many.
    """
    if window.read(address, 4, what) == b"OHDR":
        return _Version2(window, what).read(address)
    return _Version1(window, what).read(address)


def only(messages: list[Message], kind: int, name: str, what: str) -> bytes | None:
    """Return the content of the one message of a kind, or ``None`` if there is none.

    Raises:
        ModelFileError: there are several, or it is stored in another object.
    """
    found = [message for message in messages if message.kind == kind]
    if len(found) > 1:
        raise ModelFileError(f"{what}: expected one {name}. Received: {len(found)}")
    if found and found[0].shared:
        raise ModelFileError(
            f"{what}: expected its own {name}. Received: one that is shared with another object"
        )
    return found[0].content if found else None


class _Header:
    """Collects messages block by block; a continuation message names a further block."""

    def __init__(self, window: Window, what: str):
        self.window, self.what = window, f"The header of {what}"
        self.blocks: list[tuple[int, int]] = []
        self.seen: set[int] = set()
        self.messages: list[Message] = []

    def queue(self, address: int, size: int) -> None:
        if address in self.seen or size > MAX_HEADER or len(self.seen) >= MAX_MESSAGES:
            raise ModelFileError(f"{self.what} continues in a circle, or in a block of {size} bytes")
        self.seen.add(address)
        self.blocks.append((address, size))

    def add(self, kind: int, content: bytes, flags: int) -> None:
        if len(self.messages) >= MAX_MESSAGES:
            raise ModelFileError(f"{self.what}: expected at most {MAX_MESSAGES} messages")
        if kind == CONTINUATION:
            self.queue(*Cursor(content, self.what).numbers("QQ"))
        else:
            self.messages.append(Message(kind, content, bool(flags & 2)))

    def block(self) -> Cursor:
        address, size = self.blocks.pop(0)
        return Cursor(self.window.read(address, size, self.what), self.what)


class _Version1(_Header):
    def read(self, address: int) -> list[Message]:
        version, _, _, _, size = Cursor(self.window.read(address, 12, self.what), self.what).numbers("BBHII")
        if version != 1:
            raise ModelFileError(f"{self.what}: expected version 1 or 2. Received: {version}")
        self.queue(address + 16, size)
        while self.blocks:
            cursor = self.block()
            while cursor.left >= 8:
                kind, length, flags = cursor.numbers("HHBxxx")
                self.add(kind, cursor.take(length), flags)
        return self.messages


class _Version2(_Header):
    def read(self, address: int) -> list[Message]:
        head = Cursor(self.window.read(address, min(64, self.window.size - address)), self.what)
        head.expect(b"OHDR")
        version, flags = head.numbers("BB")
        if version != 2:
            raise ModelFileError(f"{self.what}: expected version 2. Received: {version}")
        head.take(16 * bool(flags & 0x20) + 4 * bool(flags & 0x10))  # times; limits for attributes
        size = head.number(1 << (flags & 3))
        self.queue(address + head.place, size)
        first = True
        while self.blocks:
            cursor = self.block()
            if not first:
                cursor.expect(b"OCHK")
                cursor.data = cursor.data[:-4]  # the check sum
            first = False
            while cursor.left >= 4 + 2 * bool(flags & 4):
                kind, length, message_flags = cursor.numbers("BHB")
                cursor.take(2 * bool(flags & 4))  # the order of creation
                self.add(kind, cursor.take(length), message_flags)
        return self.messages
