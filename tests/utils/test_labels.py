"""The small tools: one-hot labels, names that start again."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.utils import clear_session, to_categorical


def test_one_hot_rows():
    rows = to_categorical([0, 2, 1], 4)
    np.testing.assert_array_equal(rows, [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]])
    assert rows.dtype == np.float32
    assert to_categorical(np.array([[1], [0]])).shape == (2, 2)  # a last axis of length 1 is dropped
    assert to_categorical(np.zeros((2, 3), np.uint8), 5).shape == (2, 3, 5)
    assert to_categorical([2.0]).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("labels", [[-1, 0], [0, 3], [3]])
def test_labels_out_of_range(labels):
    with pytest.raises(ValueError, match=r"Expected labels from 0 to 2. Received: labels from"):
        to_categorical(labels, 3)


@pytest.mark.parametrize("labels", [[0.5], ["a"], [np.nan]])
def test_labels_that_are_not_whole(labels):
    with pytest.raises(ValueError, match=r"Expected integer labels. Received: an array of dtype"):
        to_categorical(labels)


def test_names_start_again():
    clear_session()
    assert [layers.Flatten().name, layers.Flatten().name] == ["flatten", "flatten_1"]
    clear_session()
    assert layers.Flatten().name == "flatten"
