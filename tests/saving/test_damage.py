"""Damage: one bit turned, or the end cut off, anywhere. One error, or the same model; never anything else."""

import io
import struct

import h5py
import numpy as np
import pytest

from cnn_scratch import saving
from cnn_scratch.models.saving.errors import blaming
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.window import Window
from tests.saving.files import archive_of, good_members, same_model, small_model


def turned(content: bytes, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.keras"
    path.write_bytes(archive_of(good_members()))
    return saving.load_model(path)


@pytest.mark.parametrize("method", [0, 8])
def test_bits_of_an_archive(tmp_path, good, method):
    content = archive_of(good_members(), method)
    bits = np.random.default_rng(method).integers(0, 8 * len(content), 120)
    ends = range(8 * (len(content) - 300), 8 * len(content), 19)  # the list of members, and the end
    refused = 0
    for bit in [*bits, *ends]:
        path = tmp_path / "m.keras"
        path.write_bytes(turned(content, int(bit)))
        try:
            model = saving.load_model(path)
        except saving.ModelFileError:
            refused += 1
        else:
            same_model(model, good)
    assert refused > 100


@pytest.mark.parametrize("seed", range(2))
def test_bits_of_the_weights(tmp_path, seed):
    """There is no check sum in HDF5: a bit of a number makes another number, a bit elsewhere an error."""
    content = good_members()["model.weights.h5"]
    model = small_model()
    before = model.get_weights()
    refused = 0
    for bit in np.random.default_rng(seed).integers(0, 8 * len(content), 150):
        path = tmp_path / "m.weights.h5"
        path.write_bytes(turned(content, int(bit)))
        try:
            model.load_weights(path)
        except saving.ModelFileError:
            refused += 1
        assert [weight.shape for weight in model.get_weights()] == [weight.shape for weight in before]
    assert refused


def test_every_byte_of_a_small_hdf5_file():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("a/vars/0", data=np.arange(6, dtype="f4").reshape(2, 3))
        file.create_dataset("b", data=np.arange(12), chunks=(5,), compression="gzip", fletcher32=True)
        file["a"].attrs["names"] = ["x", "y"]
    content = buffer.getvalue()
    used = [n for n, byte in enumerate(content) if byte]  # zeros are mostly free space
    for place in used:
        try:
            with blaming("here"):
                opened = Hdf5File(Window(io.BytesIO(turned(content, 8 * place + place % 8))))
                for path in opened.groups:
                    opened.attributes(path)
                for dataset in opened.datasets.values():
                    assert dataset.read().shape == dataset.shape
        except saving.ModelFileError:
            pass


@pytest.mark.parametrize("step", range(1, 30))
def test_weights_that_are_cut_off(tmp_path, step):
    content = good_members()["model.weights.h5"]
    path = tmp_path / "m.weights.h5"
    path.write_bytes(content[: len(content) * step // 30])
    with pytest.raises(saving.ModelFileError, match=r"m.weights.h5"):
        small_model().load_weights(path)


def test_numbers_of_the_format_that_are_huge():
    """Every 8-byte number of a file in turn becomes one of the largest: no read, no memory, one error."""
    content = good_members()["model.weights.h5"]
    for place in range(0, len(content) - 8, 8):
        if content[place : place + 8] == bytes(8):
            continue
        damaged = content[:place] + struct.pack("<Q", 2**63 - 8) + content[place + 8 :]
        try:
            with blaming("here"):
                opened = Hdf5File(Window(io.BytesIO(damaged)))
        except saving.ModelFileError:
            continue
        assert sum(dataset.nbytes for dataset in opened.datasets.values()) <= len(content)
