"""`load`: names, paths, suggestions; `Dataset`'s own checks; what an import brings in."""

import subprocess
import sys

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import Dataset, DatasetError


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("mnits", "mnist"),
        ("MNIST", "mnist"),
        ("fashion-mnist", "fashion_mnist"),
        ("cifar-10", "cifar10"),
        ("cifar-100", "cifar100"),
        ("digit", "digits"),
    ],
)
def test_an_unknown_name(name, nearest):
    with pytest.raises(DatasetError) as error:
        datasets.load(name)
    assert str(error.value) == (
        "Expected digits, mnist, fashion_mnist, cifar10, cifar100, a folder with one sub-folder of images "
        f"per class, or a .npz file. Received: '{name}' (no such name, folder or file). "
        f"Did you mean '{nearest}'?"
    )


def test_a_name_like_none():
    with pytest.raises(DatasetError, match=r"Received: '' \(no such name, folder or file\)\.$"):
        datasets.load("")
    with pytest.raises(DatasetError, match=r"Received: 'zebra' \(no such name, folder or file\)\.$"):
        datasets.load("zebra")


def test_files_of_other_kinds(tmp_path):
    (tmp_path / "faces.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"faces\.zip' \(an archive: unpack it and give the folder\)"):
        datasets.load(tmp_path / "faces.zip")
    with pytest.raises(DatasetError, match=r"other\.zip' \(no such file\)"):
        datasets.load(tmp_path / "other.zip")
    (tmp_path / "faces.csv").write_text("")
    with pytest.raises(DatasetError, match=r"faces\.csv' \(a file of another kind\)"):
        datasets.load(tmp_path / "faces.csv")
    with pytest.raises(DatasetError, match=r"faces\.npz' \(no such name, folder or file\)"):
        datasets.load(tmp_path / "faces.npz")


@pytest.mark.parametrize("name", ["digits", "some_folder"])
def test_data_dir_goes_with_named_sets(name):
    with pytest.raises(DatasetError, match=f"data_dir .*mnist, .*Received: data_dir='x' with '{name}'"):
        datasets.load(name, data_dir="x")


def test_a_wrong_image_size():
    with pytest.raises(DatasetError, match=r"image_size to be \(height, width\). Received: 28"):
        datasets.load("digits", image_size=28)


def test_digits_resized():
    assert datasets.load("digits", image_size=(16, 12)).input_shape == (16, 12, 1)


def make(**changes):
    """A valid data set of 6 + 4 images in three classes, with changes."""
    fields = {
        "name": "toy",
        "source": "made here",
        "x_train": np.zeros((6, 5, 4, 1), np.uint8),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.zeros((4, 5, 4, 1), np.uint8),
        "y_test": np.array([0, 1, 1, 0]),
        "class_names": ("a", "b", "c"),
    }
    return Dataset(**(fields | changes))


def test_a_dataset():
    data = make()
    assert (data.input_shape, data.num_classes, data.value_range) == ((5, 4, 1), 3, (0, 255))
    assert data.describe() == (
        "toy: 6 training and 4 test images, 5x4, grayscale, values 0 to 255 (uint8), 3 classes"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"x_train": np.zeros((6, 5, 4))},
            r"\(N, H, W, C\) in the training set of 'toy'. Received: shape \(6",
        ),
        (
            {"x_test": np.zeros((3, 5, 4, 1))},
            r"test set of 'toy'. Received: 3 images and labels of shape \(4,\)",
        ),
        ({"x_test": np.zeros((4, 5, 5, 1))}, r"one size in 'toy'. Received: \(5, 4, 1\) and \(5, 5, 1\)"),
        (
            {"y_train": np.array([0, 1, 2, 0, 1, 3])},
            "0 to 2 in the training set of 'toy'. Received: 3 at position 5",
        ),
        ({"y_test": np.array([0, -1, 1, 0])}, "test set of 'toy'. Received: -1 at position 1"),
        ({"y_train": np.array([0, 1, 1, 0, 1, 0])}, r"Received: no image of class 2 \(c\)"),
        ({"class_names": ("a",)}, r"at least two classes in .*Received: 1 \(a\)"),
        (
            {"x_train": np.zeros((6, 3, 4, 1))},
            "at least 4x4 pixels in the training set of 'toy'. Received: 3x4",
        ),
    ],
)
def test_a_dataset_that_does_not_fit_together(changes, message):
    with pytest.raises(DatasetError, match=message):
        make(**changes)


def test_it_is_a_value_error():
    assert issubclass(DatasetError, ValueError)


def test_importing_brings_in_no_optional_package():
    code = (
        "import sys, cnn_scratch.datasets; "
        "print([name for name in ('PIL', 'pooch', 'requests', 'rich', 'matplotlib') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
