"""Hostile archives and JSON: each is refused, soon, by one error with a reason."""

import struct

import pytest

from tests.saving.files import (
    Entry,
    archive_of,
    good_entries,
    good_members,
    refused,
    with_member,
    zip_bytes,
)

# The archive ------------------------------------------------------------------------------------------


def more(*entries, **options):
    return lambda: zip_bytes([*good_entries(), *entries], **options)


def other(**changes):
    return lambda: zip_bytes(good_entries(**changes))


def bomb(name, size):
    return lambda: zip_bytes([*good_entries()[:2], Entry(name, bytes(size), method=8)])


def overlapping():
    entries = good_entries()
    entries[2].start = 0  # the list says: all three begin where the first one does
    entries[2].local_name = entries[0].name
    return zip_bytes(entries)


def over_the_list():
    entries = good_entries()
    entries[2].size = entries[2].packed = len(entries[2].data) + 50
    entries[2].local_size = entries[2].size
    return zip_bytes(entries)


ARCHIVES = {
    "empty": (lambda: b"", "expected a ZIP archive"),
    "no archive": (lambda: b"not an archive at all" * 9, "expected a ZIP archive"),
    "no members": (lambda: zip_bytes([]), "expected the members config.json and model.weights.h5"),
    "no weights": (lambda: zip_bytes(good_entries()[:2]), "expected the members config.json and"),
    "no configuration": (lambda: zip_bytes(good_entries()[2:]), "expected the members config.json and"),
    "two kinds of weights": (more(Entry(b"model.weights.npz", b"")), "expected the members config.json and"),
    "path up": (more(Entry(b"../../evil.py", b"x")), "'../../evil.py': expected members metadata.json"),
    "absolute path": (more(Entry(b"/etc/passwd", b"x")), "'/etc/passwd': expected members"),
    "path of Windows": (more(Entry(rb"C:\evil", b"x")), "expected members"),
    "a folder": (more(Entry(b"assets/", b"")), "'assets/': expected members"),
    "an asset": (more(Entry(b"assets/vocabulary.txt", b"x")), "expected members"),
    "a name with a NUL": (more(Entry(b"config.json\0.txt", b"x")), "expected members"),
    "a name in another case": (more(Entry(b"Config.json", b"x")), "expected members"),
    "a name that is no UTF-8": (more(Entry(b"\xff\xfe", b"x")), "utf-8"),
    "a very long name": (more(Entry(b"a" * 60_000, b"x")), "expected members"),
    "a member twice": (more(Entry(b"config.json", b"{}")), "expected the member once"),
    "members over each other": (overlapping, "to agree"),
    "a member over the list": (over_the_list, "is damaged|expected .* bytes of members"),
    "encrypted": (other(config=dict(flags=1)), "expected no encryption"),
    "strongly encrypted": (other(weights=dict(flags=0x41)), "expected no encryption"),
    "another method": (other(config=dict(method=12)), r"expected method 0 \(stored\) or 8"),
    "wrong check sum": (other(weights=dict(crc=1)), "model.weights.h5 is damaged: .* check sum 00000001"),
    "wrong check sum, compressed": (other(config=dict(crc=1, method=8)), "config.json is damaged"),
    "two names for one member": (other(config=dict(local_name=b"CONFIG.JSON")), "to agree"),
    "two sizes for one member": (other(config=dict(local_size=1)), "to agree"),
    "a size that is not there": (
        other(weights=dict(size=10**9, packed=10**9)),
        "expected .* bytes of members",
    ),
    "a size that is a lie": (other(config=dict(method=8, size=30_000, local_size=30_000)), "is damaged"),
    "cut off inside": (other(config=dict(method=8, packed=200)), "is damaged|cut off|to agree|over another"),
    "stored and smaller": (other(config=dict(size=100)), "stored, but 100 bytes are"),
    "too many members": (more(*[Entry(b"x", b"")] * 40), "at most 16 members"),
    "a number of members that is a lie": (more(count=60_000), "at most 16 members"),
    "fewer members than listed": (more(count=2), "expected 2 members"),
    "bytes before the archive": (more(before=b"MZ" * 50), "."),
    "a start beyond the end": (other(config=dict(start=2**31)), "needs 30 bytes at byte 2147483648"),
    "a bomb for configuration": (bomb(b"config.json", 10**8), "expected the member once"),
    "a bomb for metadata": (
        lambda: zip_bytes([Entry(b"metadata.json", bytes(10**8), 8), *good_entries()[1:]]),
        "at most 8388608 bytes",
    ),
    "a bomb for weights": (bomb(b"model.weights.h5", 10**8), "at most 50 times the size"),
    "part of several": (lambda: zip_bytes(good_entries())[:-18] + struct.pack("<H", 3) + bytes(16), "."),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archive(tmp_path, name):
    make, message = ARCHIVES[name]
    content = make()
    if name == "bytes before the archive":  # all places in the list are shifted
        content = b"shift" + content
    refused(tmp_path, content, message)


def test_a_bomb_inside_a_small_size(tmp_path):
    """The list says 1000 bytes; what comes out of the compressed data does not end."""
    entries = good_entries(config=dict(data=bytes(10**8), method=8, size=1000, local_size=1000))
    refused(tmp_path, zip_bytes(entries), "config.json is damaged: expected 1000 bytes")


@pytest.mark.parametrize("step", range(24))
def test_cut_off(tmp_path, step):
    content = archive_of(good_members())
    refused(tmp_path, content[: len(content) * step // 24], ".")


# JSON -------------------------------------------------------------------------------------------------

TEXTS = {
    "empty": (b"", "expected JSON"),
    "no object": (b"[]", "expected an object"),
    "a number": (b"7", "expected an object"),
    "not UTF-8": (b'{"a": "\xff"}', "expected JSON"),
    "UTF-16": ("{}".encode("utf-16"), "expected JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "expected JSON"),
    "NaN": (b'{"class_name": NaN}', "NaN, which is no JSON"),
    "Infinity": (b'{"class_name": -Infinity}', "-Infinity, which is no JSON"),
    "an infinite number": (b'{"class_name": 1e999}', "1e999, which is beyond 64 bits"),
    "a huge integer": (b'{"class_name": ' + b"9" * 5000 + b"}", "beyond 64 bits"),
    "a key twice": (b'{"module": "keras", "module": "os"}', "the key 'module' twice"),
    "a key twice, escaped": (rb'{"module": "keras", "\u006dodule": "os"}', "the key 'module' twice"),
    "very deep": (b'{"config":' * 5000 + b"1" + b"}" * 5000, "at most 100 levels deep"),
    "very deep lists": (b'{"a":' + b"[" * 100_000, "at most 100 levels deep"),
    "very many parts": (b'{"a": [' + b"[]," * 1_000_000 + b"0]}", "at most 250000 parts"),
    "very many objects": (b"[" + b'{"a":0},' * 900_000 + b"0]", "at most 250000 parts"),
    "very long": (b'{"a": "' + b"x" * 9_000_000 + b'"}', "at most 8388608 bytes"),
    "more after the end": (b"{} {}", "expected JSON"),
    "quotes without an end": (b'{"a": "' + b'\\"' * 10_000, "expected JSON"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("member", ["config.json", "metadata.json"])
def test_json(tmp_path, name, member):
    text, message = TEXTS[name]
    refused(tmp_path, with_member(member, text), message)
