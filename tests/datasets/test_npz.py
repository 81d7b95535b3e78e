"""Data sets in a .npz file: the layouts that are read, and what is refused."""

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError

RNG = np.random.default_rng(3)
X = RNG.integers(0, 256, (20, 8, 9), dtype=np.uint8)
Y = np.arange(20) % 4


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.npz"


def load_error(path, **arrays):
    """Return the message that ``load`` gives for these arrays; it names the file and is one line."""
    with pytest.raises(DatasetError) as error:
        datasets.load(save(path, **arrays) if arrays else path)
    message = str(error.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_keras_layout(file):
    data = datasets.load(save(file, x_train=X, y_train=Y, x_test=X[:8], y_test=Y[:8]))
    np.testing.assert_array_equal(data.x_train, X[..., np.newaxis])
    np.testing.assert_array_equal(data.y_train, Y)  # in the order given
    np.testing.assert_array_equal(data.x_test, X[:8, :, :, np.newaxis])
    assert (data.name, data.source) == ("mine", str(file))
    assert data.class_names == ("0", "1", "2", "3")
    assert data.y_train.dtype == np.int64


@pytest.mark.parametrize("names", [("x", "y"), ("x_train", "y_train")])
def test_without_test_arrays_a_part_is_held_out(file, names):
    data = datasets.load(save(file, **dict(zip(names, (X, Y)))))
    assert (len(data.x_train), len(data.x_test)) == (16, 4)
    np.testing.assert_array_equal(np.bincount(data.y_test), [1, 1, 1, 1])
    label_of = {image.tobytes(): label for image, label in zip(X, Y)}
    both = [*zip(data.x_train, data.y_train), *zip(data.x_test, data.y_test)]
    assert {image.tobytes() for image, _ in both} == set(label_of)
    assert all(label_of[image.tobytes()] == label for image, label in both)
    assert "20% of each class held out" in data.source
    again = datasets.load(file)
    np.testing.assert_array_equal(data.x_test, again.x_test)
    half = datasets.load(file, test_fraction=0.4, seed=1)
    assert len(half.x_test) == 8


@pytest.mark.parametrize(
    "labels",
    [
        Y[:, np.newaxis],
        Y.astype(float),
        Y.astype(">i2"),
        Y.astype(np.uint8),
        np.eye(4)[Y],
        np.eye(4, dtype=bool)[Y],
    ],
    ids=["column", "float", "big-endian", "uint8", "one-hot", "one-hot bool"],
)
def test_forms_of_labels(file, labels):
    data = datasets.load(save(file, x_train=X, y_train=labels, x_test=X, y_test=labels))
    np.testing.assert_array_equal(data.y_train, Y)
    np.testing.assert_array_equal(data.y_test, Y)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels(file, channels):
    x = RNG.integers(0, 256, (20, 8, 9, channels), dtype=np.uint8)
    data = datasets.load(save(file, x_train=x, y_train=Y, x_test=x, y_test=Y))
    np.testing.assert_array_equal(data.x_train, x)
    assert datasets.load(file, image_size=(16, 12)).input_shape == (16, 12, channels)


def test_types_of_images(file):
    floats = X / np.float64(255)
    data = datasets.load(save(file, x_train=floats, y_train=Y, x_test=floats, y_test=Y))
    assert data.x_train.dtype == np.float32
    assert data.value_range == (0, floats.max())
    np.testing.assert_array_equal(data.x_train[..., 0], floats.astype(np.float32))

    data = datasets.load(save(file, x_train=X.astype(np.int64), y_train=Y, x_test=X, y_test=Y))
    assert data.x_train.dtype == np.uint8

    data = datasets.load(save(file, x_train=X > 100, y_train=Y, x_test=X > 100, y_test=Y))
    assert (data.x_train.dtype, data.value_range) == (np.uint8, (0, 1))

    centred = floats - 0.5
    data = datasets.load(save(file, x_train=centred, y_train=Y, x_test=centred, y_test=Y))
    assert data.value_range == pytest.approx((-0.5, 0.5))
    small = datasets.load(file, image_size=(4, 4))
    assert small.x_train.dtype == np.float32
    assert small.x_train.shape == (20, 4, 4, 1)


def test_floats_to_gray(file):
    x = RNG.random((20, 8, 8, 3))
    data = datasets.load(save(file, x_train=x, y_train=Y, x_test=x, y_test=Y), grayscale=True)
    np.testing.assert_allclose(data.x_train[..., 0], x @ [0.299, 0.587, 0.114], rtol=1e-6)
    x = RNG.random((20, 8, 8, 2))
    with pytest.raises(DatasetError, match=r"three channels to turn into gray. Received: images with 2"):
        datasets.load(save(file, x_train=x, y_train=Y, x_test=x, y_test=Y), grayscale=True)


@pytest.mark.parametrize("kind", ["U", "S"])
def test_class_names(file, kind):
    names = np.array(["ant", "bee", "cat", "dog"]).astype(kind)
    assert datasets.load(save(file, x=X, y=Y, class_names=names)).class_names == ("ant", "bee", "cat", "dog")


def test_wrong_class_names(file):
    assert "class 4 (emu)" in load_error(file, x=X, y=Y, class_names=np.array(["a", "b", "c", "d", "emu"]))
    message = load_error(file, x=X, y=Y, class_names=np.array(["a", "b", "c"]))
    assert "Expected labels from 0 to 2" in message
    assert "Received: 3 at position 3 (5 labels out of range)" in message
    assert "without repetition" in load_error(file, x=X, y=Y, class_names=np.array(["a", "a", "b", "c"]))
    assert "array of strings" in load_error(file, x=X, y=Y, class_names=np.arange(4))


def test_arrays_that_are_missing(file):
    assert "Received: images, labels." in load_error(file, images=X, labels=Y)
    assert "Received: x_train, y_train, x_test." in load_error(file, x_train=X, y_train=Y, x_test=X)
    assert "Received: x." in load_error(file, x=X)


def test_objects_are_refused(file):
    objects = np.empty(20, dtype=object)
    objects[:] = [{"not": "a label"}] * 20
    message = load_error(file, x=X, y=objects)
    assert "Received: y, an array of Python objects (pickled), which is not safe to open" in message
    objects = np.empty(4, dtype=object)
    objects[:] = ["a", "b", "c", "d"]
    assert "class_names, an array of Python objects" in load_error(file, x=X, y=Y, class_names=objects)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"\x80\x04N.", b"<html>", b"\x93NUMPY"],
    ids=["empty", "PK", "pickle", "html", "npy"],
)
def test_a_file_of_another_kind(file, content):
    file.write_bytes(content)
    assert "damaged, cut off, or another kind of file" in load_error(file)


def test_damaged_files(file):
    save(file, x=X, y=Y)
    whole = file.read_bytes()
    file.write_bytes(whole[:-200])
    assert "cut off" in load_error(file)
    damaged = bytearray(whole)
    damaged[400] ^= 0xFF  # within the pixels: the checksum of the member does not fit any more
    file.write_bytes(damaged)
    assert "damaged" in load_error(file)
    damaged = bytearray(whole)
    damaged[whole.index(b"NUMPY") + 9] = 0xFF  # within the header of the array
    file.write_bytes(damaged)
    assert "damaged" in load_error(file)


def test_a_member_that_is_no_array(file):
    import zipfile

    save(file, x=X, y=Y)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("readme.txt", "hello")
    assert "Received: readme.txt, which is not one" in load_error(file)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:-1], "Received: 20 images and labels of shape (19,)"),
        (X.reshape(20, -1), Y, "Received: shape (20, 72). Reshape flattened images"),
        (X[0], Y[:8], "Received: shape (8, 9)."),
        (RNG.integers(0, 256, (20, 3, 8, 9)), Y, "looks like channels first"),
        (X[:, :3], Y, "at least 4x4 pixels"),
        (X[:0], Y[:0], "Expected at least"),
        (X.astype("U3"), Y, "images made of numbers"),
        (np.where(X > 250, np.nan, X), Y, "Received: NaN"),
        (X * 1e300, Y, "beyond float32"),
        (X * 0, Y, "values above 0"),
        (X, Y - 1, "Expected labels from 0 to 2"),
        (X, Y * 2, "no image of class 1 (1)"),
        (X, Y * 0, "at least two classes"),
        (X, Y + 0.5, "fractions among them"),
        (X, np.array(list("abcd") * 5), "Received: type <U1. Number the classes from 0"),
        (X, Y * 10**6, "below 10,000"),
        (X, np.ones((20, 4)), "one-hot labels"),
        (X, np.zeros((20, 4)), "one-hot labels"),
        (X, np.zeros((20, 2, 2), int), "Received: shape (20, 2, 2)"),
        (X[:5], np.array([0, 0, 1, 1, 2]), "Received: 1 of class 2"),
    ],
)
def test_what_is_refused(file, x, y, message):
    with pytest.raises(DatasetError) as error:
        datasets.load(save(file, x=x, y=y))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_test_label_out_of_range(file):
    message = load_error(file, x_train=X, y_train=Y, x_test=X[:3], y_test=np.array([0, 4, 1]))
    assert "Received: 4 at position 1" in message
    assert "y_test of" in message


def test_test_images_of_another_size(file):
    with pytest.raises(DatasetError, match=r"one size in 'mine'. Received: \(8, 9, 1\) and \(7, 9, 1\)"):
        datasets.load(save(file, x_train=X, y_train=Y, x_test=X[:, :7], y_test=Y))
