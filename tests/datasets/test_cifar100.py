"""CIFAR-100's binary version, from a folder, from the archive and from a server."""

import dataclasses

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError, cifar100
from tests.datasets.files import cifar100_files, write_tar

FILES, IMAGES, COARSE, FINE = cifar100_files()


def write_folder(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


def write_archive(path):
    write_tar(path, {f"cifar-100-binary/{name}": data for name, data in FILES.items()})


def assert_same(loaded, labels):
    for (x, y), name in zip(loaded, FILES, strict=True):
        np.testing.assert_array_equal(x, IMAGES[name])
        np.testing.assert_array_equal(y, labels[name][:, np.newaxis])
        assert x.dtype == y.dtype == np.uint8


@pytest.mark.parametrize("place", ["", "cifar-100-binary", "cifar100/cifar-100-binary", "cifar100"])
def test_folder(tmp_path, place):
    write_folder(tmp_path / place, FILES)
    assert_same(cifar100.load_data(data_dir=tmp_path), FINE)
    assert_same(cifar100.load_data("coarse", tmp_path), COARSE)


def test_load(tmp_path):
    """By name, as one of the checked data sets: the hundred classes, by their names."""
    write_folder(tmp_path, FILES)
    data = datasets.load("cifar100", data_dir=tmp_path)
    assert (data.name, data.input_shape, data.num_classes) == ("cifar100", (32, 32, 3), 100)
    assert data.source == str(tmp_path)
    for x, y, name in ((data.x_train, data.y_train, "train.bin"), (data.x_test, data.y_test, "test.bin")):
        np.testing.assert_array_equal(x, IMAGES[name])
        np.testing.assert_array_equal(y, FINE[name])
    assert datasets.load("cifar100", data_dir=tmp_path, grayscale=True).input_shape == (32, 32, 1)


def test_class_names():
    """A hundred, in the order of the alphabet, as the data set has them."""
    names = cifar100.CLASS_NAMES
    assert len(set(names)) == 100
    assert list(names) == sorted(names)
    assert [names[label] for label in (0, 19, 29, 49, 99)] == [
        "apple",
        "cattle",
        "dinosaur",
        "mountain",
        "worm",
    ]


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
    data = bytearray(FILES["train.bin"])
    data[2 * 3074 + column] = label
    write_folder(tmp_path, FILES | {"train.bin": bytes(data)})
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
    write_folder(tmp_path, FILES | {"test.bin": FILES["test.bin"][:-1]})
    with pytest.raises(DatasetError, match=r"records of 3074 bytes.*test\.bin, 3073 too many"):
        cifar100.load_data(data_dir=tmp_path)


def test_too_large_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar100, "CIFAR100", dataclasses.replace(cifar100.CIFAR100, pictures=6))
    write_folder(tmp_path, FILES)
    with pytest.raises(DatasetError, match=r"at most 18,444 bytes \(6 records of 3074\)"):
        cifar100.load_data(data_dir=tmp_path)
