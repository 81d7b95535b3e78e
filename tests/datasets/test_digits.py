"""The digits that come with the package."""

import hashlib

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import digits


def test_facts():
    images, labels = digits.load_all()
    assert images.shape == (1797, 8, 8)
    assert labels.shape == (1797,)
    assert images.dtype == labels.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    np.testing.assert_array_equal(np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])


def test_equals_scikit_learn():
    reason = "scikit-learn has the same digits; without it they cannot be compared"
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason=reason)
    expected = sklearn_datasets.load_digits()
    images, labels = digits.load_all()
    np.testing.assert_array_equal(images, expected.images)
    np.testing.assert_array_equal(labels, expected.target)


def test_split_is_disjoint_complete_and_stratified():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (len(x_train), len(y_train)) == (1438, 1438)
    assert (len(x_test), len(y_test)) == (359, 359)
    np.testing.assert_array_equal(np.bincount(y_test), [36, 36, 35, 37, 36, 36, 36, 36, 35, 36])

    images, labels = digits.load_all()
    assert len(np.unique(images, axis=0)) == 1797  # no two are alike, so one can follow each image
    both = np.concatenate([x_train, x_test])
    assert {image.tobytes() for image in both} == {image.tobytes() for image in images}
    label_of = {image.tobytes(): label for image, label in zip(images, labels)}
    assert [label_of[image.tobytes()] for image in both] == [*y_train, *y_test]


def test_split_is_the_same_for_everyone():
    (_, y_train), (x_test, y_test) = digits.load_data()
    digest = hashlib.sha256(y_train.tobytes() + x_test.tobytes() + y_test.tobytes()).hexdigest()
    assert digest == "2383885d8155fff4a17423f201887af87dee198c47063a3bc102b7f702d99ff4"


def test_the_third_of_every_five_is_held_out():
    images, labels = digits.load_all()
    (_, _), (x_test, y_test) = digits.load_data()
    sevens = images[labels == 7]
    np.testing.assert_array_equal(x_test[y_test == 7][:3], sevens[[2, 7, 12]])


def test_given_arrays_can_be_written_to():
    (x_train, _), _ = digits.load_data()
    x_train[0] = 5
    assert not np.array_equal(digits.load_data()[0][0][0], x_train[0])


def test_load():
    data = datasets.load("digits")
    assert data.input_shape == (8, 8, 1)
    assert data.value_range == (0, 16)
    assert data.class_names == tuple("0123456789")
    assert data.y_train.dtype == np.int64
    np.testing.assert_array_equal(data.x_test[..., 0], digits.load_data()[1][0])
    assert data.describe() == (
        "digits: 1,438 training and 359 test images, 8x8, grayscale, values 0 to 16 (uint8), 10 classes"
    )
    assert "UCI" in data.source
