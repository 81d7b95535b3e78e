"""Intersection over union against Keras, over several batches of maps."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import metrics

# name: its own options, and whether labels and predictions have one number per class
METRICS = {
    "IoU": ({"target_class_ids": [0, 2], "sparse_y_pred": False}, (False, True)),
    "MeanIoU": ({}, (False, False)),
    "OneHotIoU": ({"target_class_ids": [1]}, (True, True)),
    "OneHotMeanIoU": ({"sparse_y_pred": True}, (True, False)),
}


@pytest.mark.parametrize("name", METRICS)
@given(
    seed=st.integers(0, 2**20),
    classes=st.integers(3, 6),
    ignore=st.sampled_from([None, 0, 1, 255]),
    weighted=st.booleans(),
)
def test_areas(name, seed, classes, ignore, weighted):
    own, per_class = METRICS[name]
    arguments = {"num_classes": classes, "ignore_class": ignore, "dtype": "float32", **own}
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        shape = (rng.integers(1, 4), 3, 4)
        batch = [
            rng.uniform(size=(*shape, classes)).astype("float32")
            if spread
            else rng.choice([-1, 255, *range(classes)], shape)
            for spread in per_class
        ]
        weights = rng.uniform(0.5, 2, shape).astype("float32") if weighted else None
        ours.update_state(*batch, weights)
        theirs.update_state(*batch, weights)
        np.testing.assert_allclose(ours.result(), float(theirs.result()), rtol=2e-6, atol=1e-6)
    assert ours.get_config() == theirs.get_config() | {"name": ours.name}


@given(
    seed=st.integers(0, 2**20),
    targets=st.sampled_from([[0], [1], [0, 1]]),
    threshold=st.sampled_from([0, 0.5, 0.3, 1.0]),
)
def test_yes_and_no(seed, targets, threshold):
    ours, theirs = (k.BinaryIoU(targets, threshold) for k in (metrics, keras.metrics))
    rng = np.random.default_rng(seed)
    for _ in range(2):
        y_true, y_pred = rng.integers(0, 2, (2, 3, 4, 1)), rng.integers(-1, 11, (2, 3, 4, 1)) / 10
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
        np.testing.assert_allclose(ours.result(), float(theirs.result()), rtol=2e-6, atol=1e-6)
    assert ours.get_config() == theirs.get_config() | {"name": ours.name}


def test_whole_numbers_keep_the_fractions_of_weights():
    """Without a dtype Keras counts in whole numbers, warns, and takes every weight below 1 for 0."""
    batch = [0, 0, 1, 1], [0, 1, 1, 1], np.array([0.5, 1.5, 0.5, 1.0], "float32")
    ours, theirs = metrics.MeanIoU(2), keras.metrics.MeanIoU(2)
    with pytest.warns(UserWarning, match="may result in an incorrect weight"):
        theirs.update_state(*batch)
    ours.update_state(*batch)
    assert ours.result() == pytest.approx((0.5 / 2 + 1.5 / 3) / 2, rel=1e-6)
    assert float(theirs.result()) == pytest.approx((0 / 1 + 1 / 2) / 2, rel=1e-6)


@pytest.mark.parametrize("name", ["BinaryIoU", *METRICS])
def test_config(name):
    arguments = {} if name == "BinaryIoU" else {"num_classes": 4, "axis": 1}
    arguments |= {"target_class_ids": (0, 1)} if "Mean" not in name else {}
    theirs = keras.metrics.serialize(getattr(keras.metrics, name)(**arguments, name="mine"))
    assert metrics.serialize(getattr(metrics, name)(**arguments, name="mine")) == theirs
    assert metrics.serialize(metrics.get(theirs)) == theirs
    again = keras.metrics.get(metrics.serialize(metrics.get(theirs)))
    assert again.get_config() == metrics.get(theirs).get_config()
