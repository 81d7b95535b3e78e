"""What lies below a model: archives, JSON and HDF5 in the forms that are allowed, read to the last byte."""

import io
import json
import struct

import h5py
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, saving
from cnn_scratch.models.saving import archive, strict_json
from cnn_scratch.models.saving.archive import Archive
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.window import Cursor, Window
from tests.saving.files import (
    Entry,
    deflate,
    good_members,
    hdf5_bytes,
    same_model,
    small_model,
    with_notes,
    zip_bytes,
)

# Windows and cursors ----------------------------------------------------------------------------------


def test_a_window_ends_where_it_says_and_not_where_the_file_does():
    window = Window(io.BytesIO(bytes(range(100))), 10, 20, "here")
    assert window.read(0, 20) == bytes(range(10, 30))
    part = window.part(5, 10, "part").part(2, 4, "part of it")
    assert part.read(1, 3) == bytes([18, 19, 20])
    for place, count in ((0, 21), (20, 1), (-1, 2), (5, -1)):
        with pytest.raises(saving.ModelFileError, match="there are 20 bytes in here"):
            window.read(place, count)
    with pytest.raises(saving.ModelFileError, match="needs 4 bytes at byte 1"):
        part.read_into(1, memoryview(bytearray(4)), "An array")
    with pytest.raises(saving.ModelFileError, match="needs 6 bytes at byte 15"):
        window.part(15, 6, "part")
    with pytest.raises(saving.ModelFileError, match=r"expected 95 bytes at byte 10\. Received: 100 bytes"):
        Window(io.BytesIO(bytes(100)), 10, 95, "here")


def test_a_window_with_a_budget_is_not_read_for_ever():
    window = Window(io.BytesIO(bytes(100)), name="here").with_budget(250)
    window.read(0, 100)
    window.read(0, 100)
    with pytest.raises(saving.ModelFileError, match="the same bytes again and again"):
        window.read(0, 100)


def test_a_cursor_reads_little_endian_numbers_to_the_end():
    cursor = Cursor(bytes.fromhex("0102 03040506 07 08 09"), "here")
    assert cursor.numbers("HI") == (0x0201, 0x06050403)
    assert cursor.number(2) == 0x0807
    assert cursor.left == 1
    with pytest.raises(saving.ModelFileError, match="here ends early: expected 2 bytes at its byte 8"):
        cursor.take(2)


# Archives ---------------------------------------------------------------------------------------------


def large(size, packed=None, start=None):
    """The field of a member whose numbers do not fit into 32 bits."""
    numbers = [number for number in (size, packed, start) if number is not None]
    return struct.pack("<HH", 1, 8 * len(numbers)) + struct.pack(f"<{len(numbers)}Q", *numbers)


def test_numbers_beyond_32_bits():
    """Written so by programs that do not know the sizes when they begin."""
    text = b"[1, 2, 3]" * 200
    packed = len(deflate(text))
    beyond = dict(size=0xFFFFFFFF, packed=0xFFFFFFFF, local_size=0xFFFFFFFF)
    first = Entry(b"a", b"before")
    for entry in (
        Entry(b"b", text, 8, **beyond, extra=large(len(text), packed)),
        Entry(b"b", text, 8, **beyond, start=0xFFFFFFFF, extra=large(len(text), packed, 30 + 1 + 6)),
    ):
        content = zip_bytes([first, entry])
        with Archive(Window(io.BytesIO(content)), {"a": None, "b": None}) as opened:
            assert opened.read("a") == b"before"
            assert opened.read("b") == text


def test_an_end_beyond_32_bits():
    content = zip_bytes([Entry(b"a", b"text")])
    body, end = content[:-22], content[-22:]
    count, size, start = struct.unpack("<10xHII2x", end)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body), 1)
    end = end[:12] + b"\xff" * 8 + end[20:]
    with Archive(Window(io.BytesIO(body + record + locator + end)), {"a": None}) as opened:
        assert opened.read("a") == b"text"


def test_bytes_that_no_list_mentions():
    """Between the list and the end: another program could take them for the list."""
    content = zip_bytes([Entry(b"a", b"text")])
    hidden = content[:-22] + b"hidden" + content[-22:]
    with pytest.raises(saving.ModelFileError, match="expected the list of members to end at byte"):
        Archive(Window(io.BytesIO(hidden)), {"a": None})


def test_members_over_each_other():
    """One member inside the other, each with a head of its own that agrees with the list."""
    inner = zip_bytes([Entry(b"b", b"text")])[: 30 + 1 + 4]
    outer = Entry(b"a", b"....." + inner)
    nested = Entry(b"b", b"text", start=30 + 1 + 5)
    content = zip_bytes([outer, nested])
    with pytest.raises(saving.ModelFileError, match="here: b lies over another member"):
        Archive(Window(io.BytesIO(content), name="here"), {"a": None, "b": None})


def test_a_member_that_reaches_into_the_list():
    content = zip_bytes([Entry(b"a", b"text", size=9, packed=9)])
    with pytest.raises(saving.ModelFileError, match=r"expected 40 bytes of members\. Received: 35"):
        Archive(Window(io.BytesIO(content)), {"a": None})


def test_no_more_is_unpacked_than_the_list_says(monkeypatch):
    written = []

    class Counting(io.BytesIO):
        def write(self, data):
            written.append(len(data))
            return super().write(data)

    monkeypatch.setattr(archive.tempfile, "SpooledTemporaryFile", lambda max_size: Counting())
    content = zip_bytes([Entry(b"a", bytes(10**7), 8, size=1000, local_size=1000)])
    with (
        Archive(Window(io.BytesIO(content)), {"a": None}) as opened,
        pytest.raises(saving.ModelFileError, match="a is damaged: expected 1000 bytes"),
    ):
        opened.read("a")
    assert sum(written) <= 1000


# JSON -------------------------------------------------------------------------------------------------


def test_json_is_deep_where_it_is_nested_only():
    name = "[{" * 300 + '"' + "}]" * 300 + "\\"
    value = {"name": name, "list": [{"a": [number]} for number in range(300)]}
    assert strict_json.loads(json.dumps(value).encode(), "here") == value
    for depth, fits in ((99, True), (101, False)):
        text = b"[" * depth + b"]" * depth
        if fits:
            strict_json.loads(text, "here")
        else:
            with pytest.raises(saving.ModelFileError, match="at most 100 levels deep"):
                strict_json.loads(text, "here")


# HDF5 -------------------------------------------------------------------------------------------------


def hdf5(content: bytes) -> Hdf5File:
    return Hdf5File(Window(io.BytesIO(content), name="here"))


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">f8", "i1", "u1", ">i2", "<u4", ">u8", "<i8"])
def test_every_dtype(dtype):
    values = np.array([[0, 1, 100], [3, 120, 7]]).astype(dtype)
    if values.dtype.kind != "u":
        values = -values
    dataset = hdf5(hdf5_bytes(lambda file: file.create_dataset("a", data=values))).datasets["a"]
    assert dataset.read().dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(dataset.read(), values)


FILTERS = [
    dict(compression="gzip"),
    dict(shuffle=True),
    dict(fletcher32=True),
    dict(compression="gzip", shuffle=True, fletcher32=True),
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: "+".join(filters))
def test_chunks_reach_over_the_edge(filters):
    values = np.random.default_rng(0).normal(size=(5, 7, 3)).astype("f4")
    content = hdf5_bytes(lambda file: file.create_dataset("a", data=values, chunks=(2, 3, 3), **filters))
    np.testing.assert_array_equal(hdf5(content).datasets["a"].read(), values)


def test_a_damaged_chunk():
    values = np.arange(100, 112, dtype="u1")
    options = dict(data=values, chunks=(6,), fletcher32=True)
    content = hdf5_bytes(lambda file: file.create_dataset("a", **options))
    place = content.index(bytes(values[:6]))
    damaged = content[:place] + b"\7" + content[place + 1 :]
    with pytest.raises(saving.ModelFileError, match="the check sum of a chunk is wrong"):
        hdf5(damaged).datasets["a"].read()


def test_a_chunk_twice():
    """Then another one is missing, and its place in memory would be what was there before."""
    content = hdf5_bytes(lambda file: file.create_dataset("a", data=np.ones(12, "u1"), chunks=(6,)))
    second = struct.pack("<IIQQ", 6, 0, 6, 0)
    assert content.count(second) == 1
    with pytest.raises(saving.ModelFileError, match=r"expected 2 chunks\. Received: 1, or misplaced"):
        hdf5(content.replace(second, struct.pack("<IIQQ", 6, 0, 0, 0)))


def test_an_array_that_ends_behind_the_file():
    """It is refused when the file is opened, before anything is copied."""
    content = hdf5_bytes(lambda file: file.create_dataset("a", data=np.arange(1000)))
    with h5py.File(io.BytesIO(content)) as file:
        address = struct.pack("<QQ", file["a"].id.get_offset(), 8000)
    assert content.count(address) == 1
    moved = content.replace(address, struct.pack("<QQ", len(content) - 7992, 8000))
    with pytest.raises(saving.ModelFileError, match=r"'a' in here needs 8000 bytes at byte"):
        hdf5(moved)


def test_a_shape_that_the_file_has_no_numbers_for():
    content = hdf5_bytes(lambda file: file.create_dataset("a", data=np.arange(1000)))
    shape = struct.pack("<QQ", 1000, 1000)  # now, and at most
    assert content.count(shape) == 1
    larger = content.replace(shape, struct.pack("<QQ", 10**15, 10**15))
    with pytest.raises(saving.ModelFileError, match=r"needs 8000000000000000 bytes\. Received: 8000 bytes"):
        hdf5(larger)


# Files ------------------------------------------------------------------------------------------------


def test_weights_are_copied_when_all_of_them_fit(tmp_path):
    def write(file):
        file["layers/conv2d/vars/0"][...] = 7
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.ones(4, "f4")

    (tmp_path / "m.weights.h5").write_bytes(hdf5_bytes(write, good_members()["model.weights.h5"]))
    model, before = small_model(), small_model()
    with pytest.raises(saving.ModelFileError, match=r"Expected shape \(3,\) for 'bias' of layer 'head'"):
        model.load_weights(tmp_path / "m.weights.h5")
    same_model(model, before)


def test_notes_of_a_later_version_are_passed_over(tmp_path):
    content = with_notes(lambda notes: notes.update(version=2, self_test=[3], news="x"))
    (tmp_path / "m.keras").write_bytes(content)
    model = saving.load_model(tmp_path / "m.keras")
    assert model.metadata == small_model().metadata


def test_names_that_are_cut_into_several_attributes(tmp_path):
    """Keras 2 cuts lists of names that are longer than an attribute may be."""
    rng = np.random.default_rng(0)
    arrays = {f"dense_{n}": (rng.normal(size=(2, 2)), rng.normal(size=2)) for n in range(3)}
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["layer_names0"] = [b"dense_0", b"dense_1"]
        file.attrs["layer_names1"] = [b"dense_2"]
        for name, (kernel, bias) in arrays.items():
            file[f"{name}/{name}/kernel:0"], file[f"{name}/{name}/bias:0"] = kernel, bias
            file[name].attrs["weight_names0"] = [f"{name}/kernel:0".encode()]
            file[name].attrs["weight_names1"] = [f"{name}/bias:0".encode()]
    model = Sequential([Input((2,), dtype="float64"), *(layers.Dense(2, dtype="float64") for _ in arrays)])
    model.load_weights(tmp_path / "m.h5")
    expected = [array for pair in arrays.values() for array in pair]
    for weight, array in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, array)
