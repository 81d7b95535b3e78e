"""Hostile files of arrays (HDF5): each is refused, soon, by one error with a reason."""

import io
import json
import struct

import h5py
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, saving
from cnn_scratch.naming import reset_names
from cnn_scratch.parameter import without_values
from tests.saving.files import archive_of, hdf5_bytes, refused, with_hdf5, with_member

KERNEL = "layers/dense/vars/0"


def replace(**options):
    """Put another array in the place of the last layer's kernel."""

    def write(file):
        del file[KERNEL]
        file.create_dataset(KERNEL, **options)

    return write


def link(target):
    def write(file):
        del file[KERNEL]
        file[KERNEL] = target

    return write


def virtual(file):
    layout = h5py.VirtualLayout((32, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (32, 3))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


def virtual_of_itself(file):
    file.move(KERNEL, "hidden")
    layout = h5py.VirtualLayout((32, 3), "f4")
    layout[:] = h5py.VirtualSource(".", "hidden", (32, 3))
    file.create_virtual_dataset(KERNEL, layout)


def committed(file):
    file["type"] = np.dtype("f4")
    del file[KERNEL]
    file.create_dataset(KERNEL, data=np.ones((32, 3)), dtype=file["type"])


def cycle(file):
    file["layers/loop"] = file["layers"]


def many_groups(file):
    for number in range(300):
        file.create_group(f"layers/g{number}" + "/a" * 90)


FLOATS = np.ones((32, 3), "f4")
HDF5 = {
    "a soft link": (
        link(h5py.SoftLink("/layers/conv2d/vars/0")),
        "expected hard links only. Received: a soft",
    ),
    "a soft link to itself": (link(h5py.SoftLink(f"/{KERNEL}")), "a soft link"),
    "a link into another file": (
        link(h5py.ExternalLink("/etc/passwd", "/x")),
        "another file|fractal heap|soft link",
    ),
    "a second hard link": (lambda f: link(f["layers/conv2d/vars/0"])(f), "a second link"),
    "a circle of hard links": (cycle, "a second link to 'layers'"),
    "the root inside itself": (lambda f: link(f["/"])(f), "a second link to '/'"),
    "a virtual array": (virtual, "a virtual array"),
    "a virtual array of itself": (virtual_of_itself, "a virtual array"),
    "numbers in another file": (
        replace(shape=(32, 3), dtype="f4", external=[("/etc/passwd", 0, 384)]),
        "numbers in another file",
    ),
    "a shared type": (committed, "shared with another object|expected a group or an array"),
    "object references": (replace(shape=(32, 3), dtype=h5py.ref_dtype), "class 7 .reference"),
    "strings": (replace(data=np.full((32, 3), b"abcd")), "class 3 .string"),
    "strings of any length": (replace(shape=(32, 3), dtype=h5py.string_dtype()), "class 9 .variable-length"),
    "lists of any length": (replace(shape=(32, 3), dtype=h5py.vlen_dtype("f4")), "class 9 .variable-length"),
    "a compound type": (replace(shape=(32, 3), dtype=[("a", "f4"), ("b", "i4")]), "class 6 .compound"),
    "complex numbers": (replace(data=FLOATS.astype("c8")), "class 6 .compound"),
    "truth values": (replace(data=FLOATS > 0), "class 8 .enumeration"),
    "an array type": (replace(shape=(32,), dtype=np.dtype(("f4", (3,)))), "class 10 .array"),
    "opaque bytes": (replace(data=np.full((32, 3), b"", "V4")), "class 5 .opaque"),
    "long doubles": (replace(data=FLOATS.astype("g")), "class 1 .float., 16 bytes"),
    "other floats": (replace(data=FLOATS.astype("f8")), "Expected float32 .* Received: float64"),
    "integers": (replace(data=FLOATS.astype("i4")), "Expected float32 .* Received: int32"),
    "a shape the other way round": (replace(data=FLOATS.T.copy()), r"Expected shape \(32, 3\)"),
    "one row too many": (replace(data=np.ones((33, 3), "f4")), r"Expected shape \(32, 3\)"),
    "a scalar": (replace(data=np.float32(1)), r"Expected shape \(32, 3\)"),
    "no shape": (replace(data=h5py.Empty("f4")), "expected a shape"),
    "a declared shape without numbers": (replace(shape=(32, 3), dtype="f4"), "needs 384 bytes"),
    "a huge declared shape": (replace(shape=(2**31, 2**20), dtype="f4"), "needs"),
    "a shape beyond memory": (replace(shape=(2**40, 2**40), dtype="f4", chunks=(1, 1)), "fits into memory"),
    "a compressed bomb": (
        replace(data=np.zeros((32, 3 * 10**6), "f4"), chunks=(32, 10**5), compression="gzip"),
        r"\(32, 3000000\)|compressed",
    ),
    "huge chunks": (
        replace(shape=(32, 3), maxshape=(None, None), dtype="f4", chunks=(10**4, 10**4)),
        "chunks no larger than the array",
    ),
    "chunks without numbers": (replace(shape=(32, 3), dtype="f4", chunks=(8, 3)), "."),
    "another filter": (replace(data=FLOATS, chunks=True, compression="lzf"), "expected no filters but"),
    "a filter that rounds": (replace(data=FLOATS.astype("i4"), scaleoffset=2), "expected no filters but"),
    "a group for an array": (
        lambda f: [f.__delitem__(KERNEL), f.create_group(KERNEL)],
        "Expected .* arrays",
    ),
    "an array for a group": (
        lambda f: ([f.__delitem__("layers/dense/vars"), f.create_dataset("layers/dense/vars", data=FLOATS)]),
        "has no group 'layers/dense/vars'",
    ),
    "a missing array": (lambda f: f.__delitem__(KERNEL), "Expected 2 arrays for layer 'head'"),
    "a missing layer": (lambda f: f.__delitem__("layers/dense"), "has no group 'layers/dense/vars'"),
    "all layers missing": (lambda f: f.__delitem__("layers"), "has no group"),
    "one array more": (
        lambda f: f.create_dataset("layers/dense/vars/2", data=FLOATS),
        "Expected 2 arrays for layer 'head' .* Received: 3",
    ),
    "one layer more": (
        lambda f: f.create_dataset("layers/lstm/vars/0", data=FLOATS),
        "layers that model 'small' does not have",
    ),
    "a layer in a layer": (
        lambda f: f.create_dataset("layers/dense/layers/dense/vars/0", data=FLOATS),
        "layers that model 'small' does not have",
    ),
    "a state of other shapes": (
        lambda f: ([f.__delitem__("optimizer/vars/3"), f.create_dataset("optimizer/vars/3", data=FLOATS)]),
        "the first that does not fit is 'optimizer/vars/3'",
    ),
    "half a state": (lambda f: f.__delitem__("optimizer/vars/3"), "state of optimizer 'adam'"),
    "very deep groups": (many_groups, "80 groups deep"),
}


@pytest.mark.parametrize("name", HDF5)
def test_hdf5(tmp_path, name):
    write, message = HDF5[name]
    refused(tmp_path, with_hdf5(write), message)


def test_no_hdf5(tmp_path):
    refused(tmp_path, with_member("model.weights.h5", b"x" * 500), "model.weights.h5: expected an HDF5 file")


def zeros(count):
    """A file of layers with all their numbers: zeros, each array too small to be called a bomb."""
    with without_values():
        model = Sequential([Input((1000,)), *(layers.Dense(1000, use_bias=False) for _ in range(count))])

    def write(file):
        for number in range(count):
            name = f"layers/dense_{number}" if number else "layers/dense"
            options = dict(chunks=(1000, 1000), compression=9, shuffle=True)
            file.create_dataset(f"{name}/vars/0", data=np.zeros((1000, 1000), "f4"), **options)

    config = json.dumps(saving.serialize_keras_object(model)).encode()
    return {"config.json": config, "model.weights.h5": hdf5_bytes(write)}


@pytest.mark.parametrize("method", [0, 8], ids=["many small ones", "one inside another"])
def test_bombs_of_arrays(tmp_path, method):
    reset_names()
    message = r"model.weights.h5: expected at most 100 times \d+ bytes when unpacked. .* of 80000000 bytes"
    refused(tmp_path, archive_of(zeros(20), method), message)


def test_a_few_zeros_are_no_bomb(tmp_path):
    reset_names()
    (tmp_path / "m.keras").write_bytes(archive_of(zeros(3)))
    assert saving.load_model(tmp_path / "m.keras").count_params() == 3 * 10**6


def test_a_block_of_the_user_s_before_the_file(tmp_path):
    inner = hdf5_bytes(lambda file: file.create_dataset("a", data=FLOATS))
    refused(tmp_path, with_member("model.weights.h5", bytes(512) + inner), "expected an HDF5 file")


def test_arrays_over_each_other(tmp_path):
    """Nine headers that name one place in the file: a small file that would fill a large memory."""

    def write(file):
        for number in range(9):  # all headers first, then all numbers
            file.create_dataset(str(number), (50_000,), "f8")
        for number in range(9):
            file[str(number)][...] = number

    content = bytearray(hdf5_bytes(write))
    with h5py.File(io.BytesIO(content)) as file:
        places = [file[str(n)].id.get_offset() for n in range(9)]
    assert places == sorted(places)
    for place in places[1:]:
        at = content.find(struct.pack("<QQ", place, 400_000))
        content[at : at + 8] = struct.pack("<Q", places[0])
    cut = bytes(content[: places[1]])
    cut = cut.replace(struct.pack("<Q", len(content)), struct.pack("<Q", len(cut)), 1)
    refused(tmp_path, with_member("model.weights.h5", cut), "the arrays lie over each other: 3600000 bytes")
