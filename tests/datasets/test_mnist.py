"""MNIST and Fashion-MNIST from a folder: IDX files under all their names, and Keras's npz file."""

import hashlib
import os

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError, fashion_mnist, mnist
from tests.datasets.files import IDX_STEMS, idx_bytes, mnist_arrays, write_idx_set


def assert_same(loaded, arrays):
    (x_train, y_train), (x_test, y_test) = loaded
    for array, expected in zip((x_train, y_train, x_test, y_test), arrays):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize("dots", [False, True])
@pytest.mark.parametrize("subfolder", ["", "mnist", "MNIST/raw"])
def test_idx_files(tmp_path, gz, dots, subfolder):
    arrays = mnist_arrays()
    write_idx_set(tmp_path / subfolder, arrays, gz, dots)
    assert_same(mnist.load_data(data_dir=tmp_path), arrays)


def test_both_sets_in_one_folder(tmp_path):
    digits, clothes = mnist_arrays(seed=1), mnist_arrays(seed=2)
    write_idx_set(tmp_path / "mnist", digits)
    write_idx_set(tmp_path / "fashion_mnist", clothes, gz=True)
    assert_same(mnist.load_data(data_dir=tmp_path), digits)
    assert_same(fashion_mnist.load_data(data_dir=str(tmp_path)), clothes)


def test_keras_npz(tmp_path):
    arrays = mnist_arrays()
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez_compressed(tmp_path / "mnist.npz", **dict(zip(names, arrays)))
    assert_same(mnist.load_data(path=tmp_path / "mnist.npz"), arrays)
    assert_same(mnist.load_data(data_dir=tmp_path), arrays)


def test_load_gives_a_checked_dataset(tmp_path):
    arrays = mnist_arrays()
    write_idx_set(tmp_path, arrays)
    data = datasets.load("mnist", data_dir=tmp_path)
    np.testing.assert_array_equal(data.x_train, arrays[0][..., np.newaxis])
    np.testing.assert_array_equal(data.y_test, arrays[3])
    assert data.source == f"IDX files in {tmp_path}"
    assert datasets.load("fashion_mnist", data_dir=tmp_path).class_names[9] == "Ankle boot"


def test_resized(tmp_path):
    write_idx_set(tmp_path, mnist_arrays())
    data = datasets.load("mnist", data_dir=tmp_path, image_size=(14, 20), grayscale=True)
    assert data.input_shape == (14, 20, 1)
    assert data.x_train.dtype == np.uint8


def test_missing_files(tmp_path):
    with pytest.raises(DatasetError, match=r"as data_dir. Received: .*nowhere \(no such folder\)"):
        mnist.load_data(data_dir=tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DatasetError, match=r"as data_dir. Received: .*notes.txt \(a file\)"):
        mnist.load_data(data_dir=tmp_path / "notes.txt")
    with pytest.raises(
        DatasetError, match=r"train-images-idx3-ubyte.*or mnist\.npz, in .*Received: notes\.txt\."
    ):
        mnist.load_data(data_dir=tmp_path)
    paths = write_idx_set(tmp_path, mnist_arrays())
    paths[3].unlink()
    with pytest.raises(DatasetError, match="all but t10k-labels-idx1-ubyte"):
        mnist.load_data(data_dir=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="Received: an empty folder"):
        mnist.load_data(data_dir=tmp_path / "empty")


def test_a_label_out_of_range_is_named(tmp_path):
    arrays = mnist_arrays()
    arrays[1][7] = 10
    write_idx_set(tmp_path, arrays)
    with pytest.raises(DatasetError, match=r"0 to 9 for mnist. Received: 10 at position 7 in .*train-labels"):
        mnist.load_data(data_dir=tmp_path)


def test_different_numbers_of_images_and_labels(tmp_path):
    arrays = mnist_arrays()
    arrays[3] = arrays[3][:-1]
    write_idx_set(tmp_path, arrays)
    with pytest.raises(
        DatasetError, match=r"Received: 20 images in .*t10k-images.* \(19,\) in .*t10k-labels"
    ):
        mnist.load_data(data_dir=tmp_path)


def test_images_of_another_size(tmp_path):
    arrays = mnist_arrays()
    arrays[0] = arrays[0][:, :20]
    write_idx_set(tmp_path, arrays)
    with pytest.raises(DatasetError, match=r"28x28 pixels for mnist. Received: shape \(30, 20, 28\)"):
        mnist.load_data(data_dir=tmp_path)


def test_swapped_files(tmp_path):
    paths = write_idx_set(tmp_path, mnist_arrays())
    paths[0].rename(tmp_path / "swap")
    paths[1].rename(paths[0])
    (tmp_path / "swap").rename(paths[1])
    with pytest.raises(DatasetError, match=r"2051.*an IDX file of labels"):
        mnist.load_data(data_dir=tmp_path)


def test_npz_that_is_not_mnist(tmp_path):
    arrays = mnist_arrays()
    np.savez(tmp_path / "mnist.npz", x_train=arrays[0], y_train=arrays[1])
    with pytest.raises(DatasetError, match="Received: x_train, y_train; x_test, y_test missing"):
        mnist.load_data(data_dir=tmp_path)
    np.savez(
        tmp_path / "mnist.npz", x_train=arrays[0] / 255, y_train=arrays[1], x_test=arrays[2], y_test=arrays[3]
    )
    with pytest.raises(DatasetError, match=r"x_train of .*mnist\.npz to be of type uint8. Received: float64"):
        mnist.load_data(data_dir=tmp_path)
    with pytest.raises(DatasetError, match=r"nothing\.npz, which does not exist"):
        mnist.load_data(path=tmp_path / "nothing.npz")


def test_no_test_images(tmp_path):
    arrays = mnist_arrays()
    arrays[2], arrays[3] = arrays[2][:0], arrays[3][:0]
    write_idx_set(tmp_path, arrays)
    with pytest.raises(DatasetError, match=r"at least one image in the test set of 'mnist'. Received: none"):
        datasets.load("mnist", data_dir=tmp_path)


def test_names_in_the_registry():
    for module, data in ((mnist, mnist.MNIST), (fashion_mnist, fashion_mnist.FASHION_MNIST)):
        assert [file.name for file in data.files] == [f"{stem}.gz" for stem in IDX_STEMS]
        assert len(module.CLASS_NAMES) == 10
        for file in data.files:
            assert len(file.sha256) == 64
            assert len(file.urls) >= 2
            assert all(url.endswith("/" + file.name) for url in file.urls)


def test_the_real_mnist():
    """The sums of the unpacked files are widely published; `MNIST_FOLDER` says where a copy is."""
    folder = os.environ.get("MNIST_FOLDER")
    if not folder:
        pytest.skip("set MNIST_FOLDER to a folder with MNIST to check it")
    (x_train, y_train), (x_test, y_test) = mnist.load_data(data_dir=folder)
    sums = [hashlib.sha256(idx_bytes(array)).hexdigest()[:16] for array in (x_train, y_train, x_test, y_test)]
    assert sums == ["ba891046e6505d7a", "65a50cbbf4e906d7", "0fa7898d509279e4", "ff7bcfd416de3373"]
