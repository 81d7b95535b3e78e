"""Every metric against Keras, over several batches."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import metrics

BATCHES = 3
# name: what the labels are, and the options to draw
METRICS = {
    "Accuracy": ("equal", {}),
    "BinaryAccuracy": ("binary", {"threshold": st.sampled_from([0.5, 0.3, 0.0])}),
    "CategoricalAccuracy": ("one_hot", {}),
    "SparseCategoricalAccuracy": ("sparse", {}),
    "TopKCategoricalAccuracy": ("one_hot", {"k": st.integers(1, 5)}),
    "SparseTopKCategoricalAccuracy": ("sparse", {"k": st.integers(1, 5)}),
    "CategoricalCrossentropy": (
        "one_hot",
        {"from_logits": st.booleans(), "label_smoothing": st.sampled_from([0, 0.1])},
    ),
    "SparseCategoricalCrossentropy": ("sparse", {"from_logits": st.booleans()}),
    "BinaryCrossentropy": (
        "binary",
        {"from_logits": st.booleans(), "label_smoothing": st.sampled_from([0, 0.1])},
    ),
    "MeanSquaredError": ("binary", {}),
    "MeanAbsoluteError": ("binary", {}),
    "RootMeanSquaredError": ("binary", {}),
    "MeanAbsolutePercentageError": ("binary", {}),
    "MeanSquaredLogarithmicError": ("binary", {}),
    "LogCoshError": ("binary", {}),
    "Hinge": ("binary", {}),
    "SquaredHinge": ("binary", {}),
    "CategoricalHinge": ("one_hot", {}),
    "KLDivergence": ("one_hot", {}),
    "Poisson": ("binary", {}),
}


def make_batch(rng, kind, number, classes, weighted):
    # Eighths are exact in float32, and make ties.
    y_pred = rng.integers(1, 16, (number, classes)) / 16
    labels = rng.integers(0, classes, number)
    if kind == "equal":
        y_true, y_pred = rng.integers(0, 3, (number, 1)), rng.integers(0, 3, (number, 1)).astype(float)
    elif kind == "binary":
        y_true = rng.integers(0, 2, (number, classes))
    elif kind == "one_hot":
        y_true = np.eye(classes)[labels]
    else:
        y_true = labels if rng.integers(0, 2) else labels[:, None]
    weights = rng.uniform(0, 2, number).astype("float32") if weighted else None
    return y_true, y_pred.astype("float32"), weights


@pytest.mark.parametrize("name", METRICS)
@given(data=st.data(), seed=st.integers(0, 2**20), classes=st.integers(2, 8), weighted=st.booleans())
def test_result(name, data, seed, classes, weighted):
    kind, options = METRICS[name]
    arguments = {key: data.draw(strategy) for key, strategy in options.items()}
    if "k" in arguments:
        arguments["k"] = min(arguments["k"], classes)
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    rng = np.random.default_rng(seed)
    for _ in range(BATCHES):
        batch = make_batch(rng, kind, rng.integers(1, 9), classes, weighted)
        ours.update_state(*batch)
        theirs.update_state(*batch)
        # Keras adds in float32: at most 24 values of a few units each.
        assert ours.result() == pytest.approx(float(theirs.result()), rel=2e-6, abs=1e-6)
    ours.reset_state()
    theirs.reset_state()
    assert ours.result() == float(theirs.result()) == 0


@given(
    seed=st.integers(0, 2**20),
    shape=st.sampled_from([(4,), (4, 3), (4, 1), (4, 3, 2)]),
    weight_axes=st.integers(0, 3),
)
def test_mean(seed, shape, weight_axes):
    rng = np.random.default_rng(seed)
    ours, theirs = metrics.Mean(), keras.metrics.Mean()
    for _ in range(BATCHES):
        values = rng.normal(size=shape)
        weights = rng.uniform(size=shape[:weight_axes]) if weight_axes else None
        ours.update_state(values, weights)
        theirs.update_state(values, weights)
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", [*METRICS, "Mean"])
def test_config(name):
    node = keras.metrics.serialize(getattr(keras.metrics, name)(name="mine"))
    assert metrics.serialize(getattr(metrics, name)(name="mine")) == node
    assert metrics.serialize(metrics.get(node)) == node
    default = keras.metrics.serialize(getattr(keras.metrics, name)())
    assert metrics.serialize(getattr(metrics, name)()) == default


@pytest.mark.parametrize("weighted", [False, True])
def test_ignored_class(weighted):
    """With weights Keras leaves the ignored samples out; without, it counts each as a loss of 0."""
    rng = np.random.default_rng(1)
    labels, y_pred = np.array([0, 1, 2, 1, 0]), rng.uniform(0.1, 0.9, (5, 3)).astype("float32")
    ours = metrics.SparseCategoricalCrossentropy(ignore_class=1)
    theirs = keras.metrics.SparseCategoricalCrossentropy(ignore_class=1)
    weights = np.ones(5, "float32") if weighted else None
    ours.update_state(labels, y_pred, weights)
    theirs.update_state(labels, y_pred, weights)
    counted = 1 if weighted else 3 / 5
    assert ours.result() * counted == pytest.approx(float(theirs.result()), rel=1e-6)


@pytest.mark.parametrize("name", ["Precision", "Recall"])
@given(data=st.data(), seed=st.integers(0, 2**20), classes=st.integers(1, 5), weighted=st.booleans())
def test_shares(name, data, seed, classes, weighted):
    thresholds = (
        st.none()
        | st.sampled_from([0.0, 0.3, 0.5])
        | st.lists(st.sampled_from([0, 0.25, 0.7, 1]), min_size=2, max_size=3)
    )
    arguments = {
        "thresholds": data.draw(thresholds),
        "top_k": data.draw(st.none() | st.integers(1, classes)),
        "class_id": data.draw(st.none() | st.integers(0, classes - 1)),
    }
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    rng = np.random.default_rng(seed)
    for _ in range(BATCHES):
        batch = make_batch(rng, "binary", rng.integers(1, 9), classes, weighted)
        ours.update_state(*batch)
        theirs.update_state(*batch)
        np.testing.assert_allclose(ours.result(), np.array(theirs.result()), rtol=2e-6, atol=1e-6)
    assert ours.get_config() == theirs.get_config() | {"name": ours.name}
    ours.reset_state()
    assert not np.any(ours.result())
