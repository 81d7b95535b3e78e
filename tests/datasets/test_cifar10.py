"""CIFAR-10's binary version, from a folder and from the archive."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError, cifar10
from tests.datasets.files import cifar_files, write_tar


def assert_same(loaded, images, labels):
    (x_train, y_train), (x_test, y_test) = loaded
    np.testing.assert_array_equal(x_train, np.concatenate(images[:5]))
    np.testing.assert_array_equal(y_train, np.concatenate(labels[:5])[:, np.newaxis])
    np.testing.assert_array_equal(x_test, images[5])
    np.testing.assert_array_equal(y_test, labels[5][:, np.newaxis])
    assert x_train.dtype == y_train.dtype == np.uint8


def write_folder(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("place", ["", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10"])
def test_folder(tmp_path, place):
    contents, images, labels = cifar_files()
    write_folder(tmp_path / place, contents)
    assert_same(cifar10.load_data(data_dir=tmp_path), images, labels)


@pytest.mark.parametrize("prefix", ["", "./"])
@pytest.mark.parametrize("place", ["", "cifar10"])
def test_archive(tmp_path, place, prefix):
    contents, images, labels = cifar_files()
    (tmp_path / place).mkdir(exist_ok=True)
    members = {f"{prefix}cifar-10-batches-bin/{name}": data for name, data in contents.items()}
    members[f"{prefix}cifar-10-batches-bin/readme.html"] = b"<html>"
    write_tar(tmp_path / place / "cifar-10-binary.tar.gz", members)
    before = sorted(tmp_path.rglob("*"))
    assert_same(cifar10.load_data(data_dir=tmp_path), images, labels)
    assert sorted(tmp_path.rglob("*")) == before  # nothing is unpacked onto the disk


def test_load(tmp_path):
    contents, images, labels = cifar_files(per_file=10)
    write_folder(tmp_path, contents)
    data = datasets.load("cifar10", data_dir=tmp_path)
    assert data.input_shape == (32, 32, 3)
    np.testing.assert_array_equal(data.y_train, np.concatenate(labels[:5]))
    assert data.class_names[0] == "airplane"
    gray = datasets.load("cifar10", data_dir=tmp_path, grayscale=True)
    exact = images[5] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gray.x_test[..., 0] - exact).max() <= 0.51  # rounded to the nearest
    assert datasets.load("cifar10", data_dir=tmp_path, image_size=(16, 24)).input_shape == (16, 24, 3)


def test_nothing_there(tmp_path):
    with pytest.raises(DatasetError, match=r"cifar-10-binary\.tar\.gz or the folder .*Received: neither"):
        cifar10.load_data(data_dir=tmp_path)
    with pytest.raises(DatasetError, match=r"Received: .*none \(no such folder\)"):
        cifar10.load_data(data_dir=tmp_path / "none")


def test_the_pickled_version_is_refused(tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"anything")
    with pytest.raises(DatasetError, match=r"the pickled version, which is not safe to open. Fetch https"):
        cifar10.load_data(data_dir=tmp_path)


@pytest.mark.parametrize("cut", [1, 3072])
def test_a_truncated_file_is_named(tmp_path, cut):
    contents, *_ = cifar_files()
    contents["data_batch_3.bin"] = contents["data_batch_3.bin"][:-cut]
    write_folder(tmp_path, contents)
    received = f"{4 * 3073 - cut:,} bytes in .*data_batch_3.bin, {3073 - cut} too many"
    with pytest.raises(DatasetError, match=f"records of 3073 bytes.*{received}"):
        cifar10.load_data(data_dir=tmp_path)


def test_an_empty_file(tmp_path):
    contents, *_ = cifar_files()
    contents["test_batch.bin"] = b""
    write_folder(tmp_path, contents)
    with pytest.raises(DatasetError, match=r"Received: 0 bytes in .*test_batch\.bin"):
        cifar10.load_data(data_dir=tmp_path)


@pytest.mark.parametrize("label", [10, 77])
def test_a_label_out_of_range_is_named(tmp_path, label):
    contents, *_ = cifar_files()
    data = bytearray(contents["data_batch_2.bin"])
    data[2 * 3073] = label
    contents["data_batch_2.bin"] = bytes(data)
    write_folder(tmp_path, contents)
    with pytest.raises(DatasetError, match=rf"0 to 9. Received: {label} in record 2 of .*data_batch_2\.bin"):
        cifar10.load_data(data_dir=tmp_path)


def test_a_missing_file_is_named(tmp_path):
    contents, *_ = cifar_files()
    del contents["data_batch_4.bin"]
    write_folder(tmp_path, contents)
    with pytest.raises(DatasetError, match=r"Could not read data_batch_4\.bin: No such file"):
        cifar10.load_data(data_dir=tmp_path)
    write_tar(
        tmp_path / "x.tar.gz", {f"cifar-10-batches-bin/{name}": data for name, data in contents.items()}
    )
    archive_dir = tmp_path / "archive"
    archive_dir.mkdir()
    (tmp_path / "x.tar.gz").rename(archive_dir / "cifar-10-binary.tar.gz")
    with pytest.raises(DatasetError, match=r"tar\.gz without cifar-10-batches-bin/data_batch_4\.bin"):
        cifar10.load_data(data_dir=archive_dir)


def test_too_large_a_file(tmp_path):
    contents, *_ = cifar_files()
    write_folder(tmp_path, contents)
    with open(tmp_path / "data_batch_1.bin", "r+b") as file:
        file.truncate(50_000_000)  # a hole: takes no space
    with pytest.raises(DatasetError, match=r"at most 30,730,000 bytes.*data_batch_1\.bin with 50,000,000"):
        cifar10.load_data(data_dir=tmp_path)


def test_too_large_a_member(tmp_path):
    write_tar(
        tmp_path / "cifar-10-binary.tar.gz", {"cifar-10-batches-bin/data_batch_1.bin": bytes(31_000_000)}
    )
    with pytest.raises(DatasetError, match=r"30,730,000 bytes.*data_batch_1\.bin in .*with 31,000,000"):
        cifar10.load_data(data_dir=tmp_path)


def test_damaged_archives(tmp_path):
    contents, *_ = cifar_files()
    path = tmp_path / "cifar-10-binary.tar.gz"
    write_tar(path, {f"cifar-10-batches-bin/{name}": data for name, data in contents.items()})
    whole = path.read_bytes()
    for content in (
        whole[: len(whole) // 2],
        whole[:30],
        b"",
        b"<html>not found</html>",
        gzip.compress(b"no tar"),
        whole[:5000] + bytes(5000) + whole[10000:],
    ):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=r"cifar-10-binary\.tar\.gz"):
            cifar10.load_data(data_dir=tmp_path)


def test_members_that_are_not_files_are_not_followed(tmp_path):
    contents, *_ = cifar_files()
    secret = tmp_path / "secret"
    secret.write_bytes(contents["test_batch.bin"])
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in contents.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            if name == "test_batch.bin":
                info.type, info.linkname = tarfile.SYMTYPE, str(secret)
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    with pytest.raises(DatasetError, match=r"without cifar-10-batches-bin/test_batch\.bin"):
        cifar10.load_data(data_dir=tmp_path)
