"""A ZIP archive from a stranger: a few members of known names, disjoint, of the size they say.

Python's ``zipfile`` reads whatever a file lists. Here the list itself is checked first: names from a
closed list, no member twice, none over another one, none encrypted, a bounded size. What is listed at
the end of the file must stand before each member again.

Reference: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.10.
"""

import tempfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.window import Cursor, Window

STORED, DEFLATED = 0, 8
END, END64, LOCATOR64, LISTED, LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
MAX_MEMBERS = 16
MAX_EXPANSION = 50  # of a compressed member larger than SMALL; parameters hardly shrink at all
SMALL = 1 << 20
PIECE = 1 << 20  # bytes that are worked on at a time
ENCRYPTED, STREAMED, PATCHED, STRONG = 1, 8, 0x20, 0x40  # flags


class Member(NamedTuple):
    """One entry of the list at the end of the file."""

    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    start: int


class Archive:
    """The members of a ZIP archive, all checked; their contents are read one by one.

    A context manager: compressed members are unpacked into temporary files, which are closed at its end.

    Args:
        window: the whole file.
        limits: name → largest size in bytes, ``None`` for no limit but the file's own size; no other
            names are allowed.

    Raises:
        ModelFileError: not such an archive.
    """

    def __init__(self, window: Window, limits: Mapping[str, int | None]):
        self._window = window
        self._open_files = ExitStack()
        self._list_start, listed = _read_list(window)
        self._members: dict[str, Member] = {}
        self._places: dict[str, int] = {}  # where the content begins
        for member in listed:
            self._check(member, limits)
            self._members[member.name] = member
            self._places[member.name] = self._find(member)
        self._check_disjoint()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_) -> None:
        self._open_files.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the content of a small member."""
        return self._unpack(name).read()

    def packed_size(self, name: str) -> int:
        """Return how many bytes a member takes in the archive."""
        return self._members[name].compressed

    def _unpack(self, name: str) -> BinaryIO:
        """Return the content of a member as a temporary file, after comparing its check sum."""
        member = self._members[name]
        target = tempfile.SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115, closed with the archive
        self._open_files.callback(target.close)
        crc = size = 0
        for piece in self._pieces(member):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size > member.size:
                break
            target.write(piece)
        self._check_content(member, size, crc)
        target.seek(0)
        return target

    def window(self, name: str) -> Window:
        """Return the content of a member for reading here and there: nothing is copied unless compressed."""
        member = self._members[name]
        place = f"{self._window.name}: {name}"
        if member.method == DEFLATED:
            return Window(self._unpack(name), name=place)
        crc = 0
        for piece in self._pieces(member):
            crc = zlib.crc32(piece, crc)
        self._check_content(member, member.size, crc)
        return self._window.part(self._places[name], member.size, place)

    def _pieces(self, member: Member):
        """Yield the content of a member, piece by piece, one piece more than it should have at most."""
        start = self._places[member.name]
        inflater = zlib.decompressobj(-15) if member.method == DEFLATED else None
        for place in range(0, member.compressed, PIECE):
            data = self._window.read(start + place, min(PIECE, member.compressed - place), member.name)
            while data:
                piece = data if inflater is None else inflater.decompress(data, PIECE)
                data = b"" if inflater is None else inflater.unconsumed_tail
                yield piece
        if inflater is not None and not inflater.eof:
            raise ModelFileError(f"{self._window.name}: {member.name}: the compressed content is cut off")

    def _check_content(self, member: Member, size: int, crc: int) -> None:
        if (size, crc) != (member.size, member.crc):
            raise ModelFileError(
                f"{self._window.name}: {member.name} is damaged: expected {member.size} bytes with check sum "
                f"{member.crc:08x}. Received: {size} bytes or more with {crc:08x}"
            )

    def _check(self, member: Member, limits: Mapping[str, int | None]) -> None:
        place = f"{self._window.name}: {member.name[:80]!r}"
        if member.name not in limits:
            raise ModelFileError(f"{place}: expected members {', '.join(limits)} only")
        if member.name in self._members:
            raise ModelFileError(f"{place}: expected the member once. Received: twice")
        if member.flags & (ENCRYPTED | PATCHED | STRONG):
            raise ModelFileError(f"{place}: expected no encryption. Received: flags {member.flags:#x}")
        if member.method not in (STORED, DEFLATED):
            raise ModelFileError(
                f"{place}: expected method 0 (stored) or 8 (deflate). Received: {member.method}"
            )
        if member.method == STORED and member.size != member.compressed:
            raise ModelFileError(f"{place}: stored, but {member.size} bytes are {member.compressed} bytes")
        limit = limits[member.name]
        if limit is not None and member.size > limit:
            raise ModelFileError(f"{place}: expected at most {limit} bytes. Received: {member.size}")
        if member.size > SMALL and member.size > MAX_EXPANSION * member.compressed:
            raise ModelFileError(
                f"{place}: expected at most {MAX_EXPANSION} times the size when unpacked. "
                f"Received: {member.compressed} bytes for {member.size}"
            )

    def _find(self, member: Member) -> int:
        """Return where the content begins, after comparing what stands before it with the list."""
        place = f"{self._window.name}: {member.name}"
        cursor = Cursor(self._window.read(member.start, 30, place), place)
        cursor.expect(LOCAL)
        _, flags, method, _, _, crc, packed, size, name_size, extra_size = cursor.numbers("HHHHHIIIHH")
        name = self._window.read(member.start + 30, name_size, place)
        sizes = {(member.crc, member.compressed, member.size), (member.crc, 0xFFFFFFFF, 0xFFFFFFFF)}
        streamed = {(0, 0, 0)} if flags & STREAMED else set()
        if (name.decode("utf-8"), flags, method) != (member.name, member.flags, member.method) or (
            crc, packed, size
        ) not in sizes | streamed:  # fmt: skip
            raise ModelFileError(f"{place}: expected the list at the end and the member's own head to agree")
        return member.start + 30 + name_size + extra_size

    def _check_disjoint(self) -> None:
        end = 0
        for member in sorted(self._members.values(), key=lambda member: member.start):
            if member.start < end:
                raise ModelFileError(f"{self._window.name}: {member.name} lies over another member")
            end = self._places[member.name] + member.compressed
        if end > self._list_start:
            raise ModelFileError(
                f"{self._window.name}: expected {end} bytes of members. Received: {self._list_start}"
            )


def _read_list(window: Window) -> tuple[int, list[Member]]:
    """Return where the list of members begins, and the list."""
    tail_size = min(window.size, 22 + 65535)
    tail = window.read(window.size - tail_size, tail_size)
    place = tail.rfind(END)
    if place < 0:
        raise ModelFileError(
            f"{window.name}: expected a ZIP archive. Received: another file, or one that is cut off"
        )
    cursor = Cursor(tail[place + 4 :], f"{window.name}: the end of the archive")
    disk, list_disk, here, count, size, start, comment = cursor.numbers("HHHHIIH")
    end = window.size - tail_size + place
    if comment != cursor.left:
        raise ModelFileError(f"{cursor.what}: expected {comment} more bytes. Received: {cursor.left}")
    if start == 0xFFFFFFFF or size == 0xFFFFFFFF:
        disk, list_disk, here, count, size, start, end = _read_end64(window, end)
    if disk or list_disk or here != count or count > MAX_MEMBERS:
        raise ModelFileError(
            f"{cursor.what}: expected one file of at most {MAX_MEMBERS} members. Received: {count} members"
        )
    if start + size != end:
        raise ModelFileError(
            f"{cursor.what}: expected the list of members to end at byte {end}. Received: {start + size}"
        )
    listed = Cursor(window.read(start, size), f"{window.name}: the list of members")
    members = [_read_entry(listed) for _ in range(count)]
    if listed.left:
        raise ModelFileError(f"{listed.what}: expected {count} members. Received: {listed.left} bytes more")
    return start, members


def _read_end64(window: Window, end: int):
    cursor = Cursor(window.read(end - 20, 20), f"{window.name}: the end of the archive")
    cursor.expect(LOCATOR64)
    _, place, _ = cursor.numbers("IQI")
    cursor = Cursor(window.read(place, 56), cursor.what)
    cursor.expect(END64)
    return (*cursor.numbers("8x2x2xIIQQQQ"), place)


def _read_entry(cursor: Cursor) -> Member:
    cursor.expect(LISTED)
    _, _, flags, method, _, _, crc, packed, size = cursor.numbers("HHHHHHIII")
    name_size, extra_size, comment_size, disk, _, _, start = cursor.numbers("HHHHHII")
    name = cursor.take(name_size).decode("utf-8")
    extra = Cursor(cursor.take(extra_size), cursor.what)
    cursor.take(comment_size)
    large = [packed, size, start]
    while extra.left:
        kind, length = extra.numbers("HH")
        field = Cursor(extra.take(length), extra.what)
        if kind == 1:  # numbers beyond 32 bits, in this order
            for index in (1, 0, 2):
                if large[index] == 0xFFFFFFFF:
                    large[index] = field.number(8)
    if disk:
        raise ModelFileError(f"{cursor.what}: expected one file. Received: part {disk} of several")
    return Member(name, flags, method, crc, large[0], large[1], large[2])
