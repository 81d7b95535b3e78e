"""The four counts, the area under a curve and F-scores against Keras, over several batches."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import metrics

SEEDS = st.integers(0, 2**20)
COUNTS = ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"]
THRESHOLDS = st.lists(
    st.sampled_from([0.125, 0.25, 0.3, 0.5, 0.7, 0.875]), min_size=1, max_size=4, unique=True
)


def compare(ours, theirs, seed, classes, weighted, options=(), dtype="float32"):
    """Show both metrics three batches: eighths, which can be equal to a threshold, and then any numbers.

    If they are ``"broken"``, some are NaN.
    """
    rng = np.random.default_rng(seed)
    for number in range(3):
        shape = (rng.integers(1, 12), classes)
        y_true = rng.integers(0, 2, shape)
        y_pred = rng.integers(0, 9, shape) / 8 if number < 2 else rng.uniform(size=shape)
        if "logits" in options:
            y_pred = rng.normal(size=shape) * 3
        if "broken" in options:
            y_pred = np.where(rng.uniform(size=shape) < 0.2, np.nan, y_pred)
        if "one_hot" in options:
            y_true = np.eye(classes)[rng.integers(0, classes, shape[0])]
        if classes == 1 and rng.integers(0, 2):
            y_true, y_pred = y_true[:, 0], y_pred[:, 0]
        weights = rng.uniform(0.5, 2, shape[0]).astype("float32") if weighted else None
        ours.update_state(y_true, y_pred.astype(dtype), weights)
        theirs.update_state(y_true, y_pred.astype(dtype), weights)
        # Keras counts in float32: sums of at most 200 numbers, and areas of as many pieces.
        np.testing.assert_allclose(ours.result(), np.array(theirs.result()), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", COUNTS)
@given(thresholds=st.none() | st.sampled_from([0.0, 0.3, 1]) | THRESHOLDS, seed=SEEDS, weighted=st.booleans())
def test_counts(name, thresholds, seed, weighted):
    ours, theirs = getattr(metrics, name)(thresholds), getattr(keras.metrics, name)(thresholds)
    compare(ours, theirs, seed, 1 + seed % 4, weighted)
    assert ours.get_config() == theirs.get_config() | {"name": ours.name}


@st.composite
def areas(draw):
    """Return the arguments of an AUC, and the number of classes."""
    classes = draw(st.integers(1, 4))
    arguments = {
        "curve": draw(st.sampled_from(["ROC", "PR", "PRGAIN"])),
        "summation_method": draw(st.sampled_from(["interpolation", "majoring", "minoring"])),
        "num_thresholds": draw(st.sampled_from([200, 2, 3, 9, 33])),
        "from_logits": draw(st.booleans()),
    }
    if draw(st.booleans()):
        arguments["thresholds"] = draw(THRESHOLDS | st.just([0.25, 0.5, 0.75]))
    if draw(st.booleans()) and classes > 1:
        arguments["multi_label"] = True
        arguments["num_labels"] = draw(st.sampled_from([None, classes]))
    if draw(st.booleans()):
        arguments["label_weights"] = [0.5, 1.0, 2.0, 4.0][:classes]
    return arguments, classes


@given(case=areas(), seed=SEEDS, weighted=st.booleans(), broken=st.booleans())
def test_area(case, seed, weighted, broken):
    arguments, classes = case
    options = (["logits"] if arguments["from_logits"] else []) + (["broken"] if broken else [])
    if "label_weights" in arguments and not arguments.get("multi_label") and classes == 1:
        del arguments["label_weights"]
    ours, theirs = metrics.AUC(**arguments), keras.metrics.AUC(**arguments)
    compare(ours, theirs, seed, classes, weighted, options)
    expected = theirs.get_config()
    expected["label_weights"] = arguments.get("label_weights")
    assert ours.get_config() == expected | {"name": ours.name}
    assert metrics.get(metrics.serialize(ours)).get_config() == ours.get_config()
    ours.reset_state()
    theirs.reset_state()
    assert ours.result() == float(theirs.result())


@given(
    average=st.sampled_from([None, "micro", "macro", "weighted"]),
    beta=st.sampled_from([None, 0.5, 1.0, 2.0]),
    threshold=st.sampled_from([None, 0.5, 0.3, 1.0]),
    seed=SEEDS,
    weighted=st.booleans(),
    one_hot=st.booleans(),
)
def test_f_scores(average, beta, threshold, seed, weighted, one_hot):
    name, arguments = ("F1Score", {}) if beta is None else ("FBetaScore", {"beta": beta})
    arguments |= {"average": average, "threshold": threshold}
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    compare(ours, theirs, seed, 2 + seed % 3, weighted, ["one_hot"] if one_hot else [])
    assert metrics.serialize(ours) == keras.metrics.serialize(theirs)
    ours.reset_state()
    theirs.reset_state()
    np.testing.assert_array_equal(ours.result(), np.array(theirs.result()))


@pytest.mark.parametrize("name", ["AUC", *COUNTS, "F1Score"])
def test_float64(name):
    arguments = {"name": "mine", "dtype": "float64"}
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    compare(ours, theirs, 3, 3, True, dtype="float64")
    assert metrics.serialize(ours) == keras.metrics.serialize(theirs)


@given(seed=SEEDS, weighted=st.booleans(), axis=st.sampled_from([-1, 1]))
def test_cosine(seed, weighted, axis):
    ours, theirs = metrics.CosineSimilarity(axis=axis), keras.metrics.CosineSimilarity(axis=axis)
    compare(ours, theirs, seed, 3, weighted)
    assert ours.get_config() == theirs.get_config() | {"axis": axis}


def test_every_name_of_keras_means_the_same_class():
    from keras.src.metrics import ALL_OBJECTS_DICT

    seen = 0
    without_defaults = ("Metric", "MeanMetricWrapper", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
    for name, theirs in ALL_OBJECTS_DICT.items():
        if hasattr(metrics, theirs.__name__) and theirs.__name__ not in without_defaults:
            assert type(metrics.get(name)).__name__ == theirs.__name__
            seen += 1
    assert seen > 60
