"""CIFAR-100's binary version, from a folder, from the archive and from a server."""

import dataclasses

import numpy as np
import pytest

from cnn_scratch.datasets import DatasetError, cifar100
from tests.datasets.files import write_tar

RNG = np.random.default_rng(4)
SIZES = {"train.bin": 7, "test.bin": 3}
IMAGES = {name: RNG.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for name, n in SIZES.items()}
FINE = {name: RNG.integers(0, 100, n) for name, n in SIZES.items()}
COARSE = {name: RNG.integers(0, 20, n) for name, n in SIZES.items()}


def files():
    """Return {name: bytes}: the group, the class, and the three planes of each picture."""
    return {
        name: b"".join(
            bytes([coarse, fine]) + image.transpose(2, 0, 1).tobytes()
            for coarse, fine, image in zip(COARSE[name], FINE[name], images, strict=True)
        )
        for name, images in IMAGES.items()
    }


def write_folder(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


def write_archive(path):
    write_tar(path, {f"cifar-100-binary/{name}": data for name, data in files().items()})


def assert_same(loaded, labels):
    for (x, y), name in zip(loaded, SIZES, strict=True):
        np.testing.assert_array_equal(x, IMAGES[name])
        np.testing.assert_array_equal(y, labels[name][:, np.newaxis])
        assert x.dtype == y.dtype == np.uint8


@pytest.mark.parametrize("place", ["", "cifar-100-binary", "cifar100/cifar-100-binary", "cifar100"])
def test_folder(tmp_path, place):
    write_folder(tmp_path / place, files())
    assert_same(cifar100.load_data(data_dir=tmp_path), FINE)
    assert_same(cifar100.load_data("coarse", tmp_path), COARSE)


def test_archive(tmp_path):
    write_archive(tmp_path / "cifar-100-binary.tar.gz")
    assert_same(cifar100.load_data("fine", tmp_path), FINE)


def test_what_is_asked_of_the_network(tmp_path, monkeypatch):
    asked = []
    write_archive(tmp_path / "a.tar.gz")
    monkeypatch.setattr(
        "cnn_scratch.datasets.cifar.fetch",
        lambda *arguments: asked.append(arguments) or tmp_path / "a.tar.gz",
    )
    assert_same(cifar100.load_data(), FINE)
    assert asked == [(cifar100.CIFAR100.archive, "cifar100", None)]
    assert asked[0][0].urls[0].endswith(f"/{asked[0][0].name}")


@pytest.mark.parametrize(("column", "label", "largest"), [(0, 20, 19), (1, 100, 99)])
def test_a_label_out_of_range_is_named(tmp_path, column, label, largest):
    contents = files()
    data = bytearray(contents["train.bin"])
    data[2 * 3074 + column] = label
    write_folder(tmp_path, contents | {"train.bin": bytes(data)})
    with pytest.raises(DatasetError, match=rf"0 to {largest}. Received: {label} in record 2 of .*train\.bin"):
        cifar100.load_data(data_dir=tmp_path)


def test_rejects(tmp_path):
    with pytest.raises(ValueError, match=r"`label_mode` must be one of.*Received: label_mode=both"):
        cifar100.load_data("both")
    with pytest.raises(DatasetError, match=r"CIFAR-100, cifar-100-binary\.tar\.gz or .*Received: neither"):
        cifar100.load_data(data_dir=tmp_path)
    (tmp_path / "cifar-100-python").mkdir()
    with pytest.raises(DatasetError, match="cifar-100-python, the pickled version, which is not safe"):
        cifar100.load_data(data_dir=tmp_path)
    contents = files()
    write_folder(tmp_path, contents | {"test.bin": contents["test.bin"][:-1]})
    with pytest.raises(DatasetError, match=r"records of 3074 bytes.*test\.bin, 3073 too many"):
        cifar100.load_data(data_dir=tmp_path)


def test_too_large_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar100, "CIFAR100", dataclasses.replace(cifar100.CIFAR100, pictures=6))
    write_folder(tmp_path, files())
    with pytest.raises(DatasetError, match=r"at most 18,444 bytes \(6 records of 3074\)"):
        cifar100.load_data(data_dir=tmp_path)
