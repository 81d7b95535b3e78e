"""An HDF5 file: its groups, and everything in them."""

from collections.abc import Iterator

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.hdf5 import messages as kinds
from cnn_scratch.models.saving.hdf5.attributes import StringHeap, read_attributes
from cnn_scratch.models.saving.hdf5.dataset import Dataset
from cnn_scratch.models.saving.hdf5.messages import UNDEFINED, Message, only, read_messages
from cnn_scratch.models.saving.window import Cursor, Window

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 30_000
MAX_DEPTH = 80  # 32 models inside each other, as many as a configuration may have, are 66 groups
MAX_NAME = 1024
MAX_EXPANSION = 100  # of all arrays together, as of each (see chunks.py) …
SMALL = 1 << 26  # … beyond so many bytes


class Hdf5File:
    """All groups and arrays of a file, found by walking once from the root.

    Args:
        window: the file.
        packed_size: how many bytes it was before it was unpacked, if it was.

    Attributes:
        groups: path → the messages of the group; the root is ``""``.
        datasets: path → ``Dataset``, ``"layers/conv2d/vars/0"`` for example.

    Raises:
        ModelFileError: not such a file, or it holds anything but hard-linked groups and arrays of
            numbers, each in one place.
    """

    def __init__(self, window: Window, packed_size: int | None = None):
        # Nothing needs to be read twice; a file that makes us read its names a thousand times is a trap.
        self._window = window.with_budget(4 * window.size + (1 << 20))
        self._strings = StringHeap(self._window)
        self._seen: dict[int, str] = {}
        self.groups: dict[str, list[Message]] = {}
        self.datasets: dict[str, Dataset] = {}
        self._walk(_read_superblock(self._window))
        stored = sum(dataset.stored for dataset in self.datasets.values())
        if stored > window.size:
            raise ModelFileError(
                f"{window.name}: the arrays lie over each other: {stored} bytes in {window.size} bytes"
            )
        # A bomb of many small arrays, or one inside another: zeros, compressed once by HDF5 and again by ZIP.
        unpacked = sum(dataset.nbytes for dataset in self.datasets.values())
        size = window.size if packed_size is None else packed_size
        if unpacked > max(SMALL, MAX_EXPANSION * size):
            raise ModelFileError(
                f"{window.name}: expected at most {MAX_EXPANSION} times {size} bytes when unpacked. "
                f"Received: arrays of {unpacked} bytes"
            )

    def attributes(self, path: str) -> dict:
        """Return the attributes of a group: strings and lists of strings, those of other types left out."""
        return read_attributes(self.groups[path], self._strings, self._name(path))

    def members(self, path: str) -> set[str]:
        """Return the names of what is in a group."""
        start = f"{path}/" if path else ""
        everything = [*self.groups, *self.datasets]
        return {p[len(start) :].split("/")[0] for p in everything if p.startswith(start) and p != path} - {""}

    def _name(self, path: str) -> str:
        return f"'{path or '/'}' in {self._window.name}"

    def _walk(self, root: int) -> None:
        queue = [("", root)]
        while queue:
            path, address = queue.pop()
            if address in self._seen:
                raise ModelFileError(
                    f"{self._name(path)}: expected every group and array in one place. "
                    f"Received: a second link to '{self._seen[address] or '/'}'"
                )
            if len(self._seen) >= MAX_OBJECTS or path.count("/") >= MAX_DEPTH:
                raise ModelFileError(
                    f"{self._name(path)}: expected at most {MAX_OBJECTS} objects, {MAX_DEPTH} groups deep"
                )
            self._seen[address] = path
            messages = read_messages(self._window, address, self._name(path))
            if any(message.kind == kinds.LAYOUT for message in messages):
                self.datasets[path] = Dataset(self._window, messages, self._name(path))
                continue
            self.groups[path] = messages
            for name, child in self._links(messages, path):
                whole = f"{path}/{name}" if path else name
                if not name or name in (".", "..") or len(name) > MAX_NAME:
                    raise ModelFileError(
                        f"{self._name(path)}: expected a plain name. Received: {name[:80]!r}"
                    )
                queue.append((whole, child))

    def _links(self, messages: list[Message], path: str) -> Iterator[tuple[str, int]]:
        """Yield (name, address) for every link of a group."""
        what = self._name(path)
        table = only(messages, kinds.SYMBOL_TABLE, "table of links", what)
        links = [message.content for message in messages if message.kind == kinds.LINK]
        info = only(messages, kinds.LINK_INFO, "list of links", what)
        if info is None and table is None:
            raise ModelFileError(f"{what}: expected a group or an array of numbers. Received: another object")
        if info is not None:
            cursor = Cursor(info, what)
            _, flags = cursor.numbers("BB")
            cursor.take(8 * (flags & 1))
            if cursor.number(8) != UNDEFINED:
                raise ModelFileError(
                    f"{what}: expected links as HDF5 1.8 writes them. Received: a fractal heap"
                )
        names = set()
        for name, address in [
            *(_read_link(content, what) for content in links),
            *(_SymbolTable(self._window, table, what).links() if table is not None else ()),
        ]:
            if name in names:
                raise ModelFileError(f"{what}: expected different names. Received: '{name}' twice")
            names.add(name)
            yield name, address


def _read_superblock(window: Window) -> int:
    """Return the address of the root group's header."""
    cursor = Cursor(window.read(0, min(96, window.size)), f"The beginning of {window.name}")
    if window.size < 48 or cursor.take(8) != SIGNATURE:
        raise ModelFileError(f"{window.name}: expected an HDF5 file. Received: a file that begins otherwise")
    version = cursor.number(1)
    if version in (0, 1):
        sizes = cursor.numbers("xxxxBBx")
        cursor.take(8 + 4 * version)
        base, _, end, _, _, root = cursor.numbers("QQQQQQ")
    elif version in (2, 3):
        sizes = cursor.numbers("BBx")
        base, _, end, root = cursor.numbers("QQQQ")
    else:
        raise ModelFileError(f"{window.name}: expected HDF5 version 0 to 3. Received: {version}")
    if sizes != (8, 8) or base != 0:
        raise ModelFileError(
            f"{window.name}: expected addresses of 8 bytes, counted from 0. Received: {sizes}, {base}"
        )
    if end > window.size:
        raise ModelFileError(f"{window.name} is cut off: expected {end} bytes. Received: {window.size}")
    return root


def _read_link(content: bytes, what: str) -> tuple[str, int]:
    """Return (name, address) from a link message."""
    cursor = Cursor(content, f"A link of {what}")
    version, flags = cursor.numbers("BB")
    kind = cursor.number(1) if flags & 8 else 0
    cursor.take(8 * bool(flags & 4) + bool(flags & 16))
    name = cursor.take(cursor.number(1 << (flags & 3))).decode("utf-8")
    if version != 1 or kind != 0:
        _refuse_link(name, {1: "a soft link", 64: "a link into another file"}.get(kind, "another link"), what)
    return name, cursor.number(8)


def _refuse_link(name: str, received: str, what: str):
    raise ModelFileError(f"{what}: expected hard links only. Received: {received}, '{name[:80]}'")


class _SymbolTable:
    """The links of a group as older files keep them: a tree of nodes, and a heap with the names."""

    def __init__(self, window: Window, content: bytes, what: str):
        self._window, self._what = window, f"The table of {what}"
        self._tree, heap = Cursor(content, self._what).numbers("QQ")
        cursor = Cursor(window.read(heap, 32, self._what), self._what)
        cursor.expect(b"HEAP\0")
        size, _, address = cursor.numbers("xxxQQQ")
        if size > 1 << 24:
            raise ModelFileError(f"{self._what}: expected at most 16 MiB of names. Received: {size} bytes")
        self._names = window.read(address, size, self._what)

    def links(self) -> Iterator[tuple[str, int]]:
        """Yield (name, address)."""
        queue, seen = [self._tree], set()
        while queue:
            address = queue.pop()
            if address in seen or len(seen) > MAX_OBJECTS:
                raise ModelFileError(f"{self._what} runs in a circle")
            seen.add(address)
            head = Cursor(self._window.read(address, 8, self._what), self._what)
            kind = head.take(4)
            if kind == b"SNOD":
                _, _, count = head.numbers("BBH")
                yield from self._entries(address + 8, count)
            elif kind == b"TREE":
                node_type, _, count = head.numbers("BBH")
                if node_type != 0:
                    raise ModelFileError(
                        f"{self._what}: expected a tree of links. Received: type {node_type}"
                    )
                # left and right neighbour, then: key, child, key, child, …
                body = Cursor(self._window.read(address + 24, 16 * count, self._what), self._what)
                queue.extend(body.numbers("QQ")[1] for _ in range(count))
            else:
                raise ModelFileError(f"{self._what}: expected TREE or SNOD. Received: {kind!r}")

    def _entries(self, address: int, count: int) -> Iterator[tuple[str, int]]:
        cursor = Cursor(self._window.read(address, 40 * count, self._what), self._what)
        for _ in range(count):
            start, header, cache, _ = cursor.numbers("QQII16x")
            end = self._names.find(b"\0", start)
            if start >= len(self._names) or end < 0:
                raise ModelFileError(f"{self._what}: expected a name at byte {start} of {len(self._names)}")
            name = self._names[start:end].decode("utf-8")
            if cache == 2 or header == UNDEFINED:
                _refuse_link(name, "a soft link", self._what)
            yield name, header
