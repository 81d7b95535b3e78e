"""The stratified split: disjoint, complete, in proportion, and always the same."""

import numpy as np
import pytest

from cnn_scratch.datasets import DatasetError, stratified_split

LABELS = np.repeat([0, 1, 2, 3], [50, 20, 7, 2])


def test_disjoint_complete_and_in_proportion():
    train, test = stratified_split(LABELS, 0.2)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(79))
    np.testing.assert_array_equal(np.bincount(LABELS[test]), [10, 4, 1, 1])


def test_always_the_same():
    _, test = stratified_split(np.repeat([0, 1], 5), 0.4, seed=0)
    assert sorted(test.tolist()) == [2, 4, 6, 9]
    first, again, other = (stratified_split(LABELS, 0.3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_shuffled_so_that_the_end_holds_every_class():
    labels = np.repeat(np.arange(5), 100)
    train, _ = stratified_split(labels, 0.2)
    assert np.bincount(labels[train[-80:]], minlength=5).min() > 0


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_at_least_one_of_each_class_on_either_side(fraction):
    train, test = stratified_split(LABELS, fraction)
    assert set(LABELS[train]) == set(LABELS[test]) == {0, 1, 2, 3}


def test_one_image_cannot_be_split():
    with pytest.raises(DatasetError, match=r"at least two images of every class.*Received: 1 of class owl"):
        stratified_split(np.array([0, 0, 1]), 0.5, class_names=("cat", "owl"))


@pytest.mark.parametrize("fraction", [0, 1, -0.2, 20])
def test_the_fraction(fraction):
    with pytest.raises(DatasetError, match=f"between 0 and 1. Received: {fraction}"):
        stratified_split(LABELS, fraction)
