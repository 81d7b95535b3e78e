"""Every loss against Keras on TensorFlow: the value and the gradient, with random weights and options."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import losses

REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None]


@st.composite
def cases(draw, name):
    """Return the arguments of the loss, labels, predictions and weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    batch, classes = draw(st.integers(1, 6)), draw(st.integers(2, 7))
    shape = (batch, *draw(st.sampled_from([(), (), (3,), (2, 3)])), classes)
    arguments = {"reduction": draw(st.sampled_from(REDUCTIONS))}
    if name.endswith("Crossentropy"):
        arguments["from_logits"] = draw(st.booleans())
    if name in ("CategoricalCrossentropy", "BinaryCrossentropy"):
        arguments["label_smoothing"] = draw(st.sampled_from([0.0, 0.1, 0.5]))
    if name == "SparseCategoricalCrossentropy":
        arguments["ignore_class"] = draw(st.sampled_from([None, -1, 0]))
    y_true = draw_labels(draw, rng, name, arguments, shape)
    y_pred = draw_predictions(draw, rng, name, arguments, shape)
    weights = draw_weights(draw, rng, shape)
    return arguments, y_true, y_pred, weights


def draw_labels(draw, rng, name, arguments, shape):
    if name == "SparseCategoricalCrossentropy":
        labels = rng.integers(-1 if arguments["ignore_class"] == -1 else 0, shape[-1], shape[:-1])
        return labels[..., None] if draw(st.booleans()) else labels
    if name == "CategoricalCrossentropy":
        if draw(st.booleans()):
            return rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if name == "BinaryCrossentropy":
        return rng.integers(0, 2, shape)
    labels = rng.normal(size=shape)
    return labels[..., :1] if draw(st.booleans()) else labels


def draw_predictions(draw, rng, name, arguments, shape):
    if arguments.get("from_logits", "error" in name.lower()):
        return rng.normal(size=shape) * draw(st.sampled_from([1.0, 20.0, 3000.0]))
    if draw(st.booleans()):  # not normalised
        return rng.uniform(0.01, 0.99, shape)
    probabilities = rng.dirichlet(np.full(shape[-1], 0.5), shape[:-1])
    if draw(st.booleans()):  # exactly 0 and 1, which are clipped
        probabilities[0] = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[1:-1])]
    return probabilities


def draw_weights(draw, rng, shape):
    kind = draw(st.sampled_from([None, "full", "column"]))
    if kind is None:
        return None
    weights = rng.uniform(0, 2, shape[:-1])
    # (N, 1) beside losses (N,), or (N, …, 1) that is repeated along the last axis of the losses.
    return weights if kind == "full" else weights[..., None] if weights.ndim == 1 else weights[..., :1]


def keras_value_and_gradient(loss, y_true, y_pred, weights):
    predictions = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        value = loss(y_true, predictions, sample_weight=weights)
    return value.numpy(), tape.gradient(value, predictions).numpy()


def check(name, arguments, y_true, y_pred, weights, dtype):
    y_pred = y_pred.astype(dtype)
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(keras.losses, name)(**arguments, dtype=dtype)
    value, cache = ours.forward(y_true, y_pred, weights)
    gradient = ours.backward(cache)
    expected, expected_gradient = keras_value_and_gradient(theirs, y_true, y_pred, weights)
    # Sums of at most 6·6·7 terms; absolute: a logarithm near 1, or p − 1, is off by a rounding of 1.
    relative, absolute = (3e-5, 1e-6) if dtype == "float32" else (1e-10, 1e-14)
    scale = max(1.0, np.abs(y_pred).max()) if arguments.get("from_logits") else 1.0
    np.testing.assert_allclose(value, expected, rtol=relative, atol=absolute * scale * 10)
    assert gradient.dtype == expected_gradient.dtype
    assert gradient.shape == expected_gradient.shape
    bound = max(np.abs(expected_gradient).max(), 1.0)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=relative, atol=absolute * bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "name",
    [
        "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy",
        "BinaryCrossentropy",
        "MeanSquaredError",
        "MeanAbsoluteError",
    ],
)
@given(data=st.data())
def test_value_and_gradient(name, dtype, data):
    check(name, *data.draw(cases(name)), dtype)


@pytest.mark.parametrize(("y_true", "y_pred"), [((5,), (5, 1)), ((5, 1), (5,)), ((5,), (5,))])
@pytest.mark.parametrize("name", ["BinaryCrossentropy", "MeanSquaredError"])
@pytest.mark.parametrize("weights", [None, (5,), (5, 1)])
def test_ranks(name, y_true, y_pred, weights):
    rng = np.random.default_rng(1)
    weights = None if weights is None else rng.uniform(size=weights)
    check(name, {}, rng.integers(0, 2, y_true), rng.uniform(0.1, 0.9, y_pred), weights, "float64")


@pytest.mark.parametrize("from_logits", [False, True])
def test_a_broken_prediction_where_nothing_counts(from_logits):
    y_pred = np.random.default_rng(1).uniform(0.1, 0.9, (3, 4))
    y_pred[1, 2] = np.nan
    arguments = {"from_logits": from_logits, "ignore_class": 255}
    check("SparseCategoricalCrossentropy", arguments, np.array([0, 255, 2]), y_pred, None, "float64")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
        ("SparseCategoricalCrossentropy", {"ignore_class": 3}),
        ("BinaryCrossentropy", {"reduction": "sum", "name": "mine"}),
        ("MeanSquaredError", {}),
        ("MeanAbsoluteError", {"reduction": None}),
    ],
)
def test_config(name, arguments):
    node = keras.losses.serialize(getattr(keras.losses, name)(**arguments))
    assert losses.serialize(getattr(losses, name)(**arguments)) == node
    assert losses.serialize(losses.get(node)) == node
    assert keras.losses.serialize(keras.losses.get(losses.serialize(losses.get(node)))) == node


def test_functions():
    rng = np.random.default_rng(1)
    labels, y_pred = rng.integers(0, 4, 5), rng.uniform(0.1, 0.9, (5, 4))
    one_hot = np.eye(4)[labels]
    for name, y_true in [
        ("categorical_crossentropy", one_hot),
        ("sparse_categorical_crossentropy", labels),
        ("binary_crossentropy", one_hot),
        ("mean_squared_error", one_hot),
        ("mean_absolute_error", one_hot),
    ]:
        expected = getattr(keras.losses, name)(y_true, y_pred).numpy()
        np.testing.assert_allclose(getattr(losses, name)(y_true, y_pred), expected, rtol=1e-10)


def test_gradient_for_labels_that_do_not_add_up_to_one_is_not_tensorflows():
    """TensorFlow gives softmax − labels whatever the labels; the derivative is softmax·Σlabels − labels."""
    y_true, logits = np.array([[0.5, 0.2, 0.1]]), np.array([[0.3, -0.1, 0.4]])
    softmax = np.exp(logits) / np.exp(logits).sum()
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")
    expected, expected_gradient = keras_value_and_gradient(theirs, y_true, logits, None)
    np.testing.assert_allclose(expected_gradient, softmax - y_true, rtol=1e-10)
    ours = losses.CategoricalCrossentropy(from_logits=True)
    value, cache = ours.forward(y_true, logits)
    np.testing.assert_allclose(value, expected, rtol=1e-10)
    np.testing.assert_allclose(ours.backward(cache), softmax * 0.8 - y_true, rtol=1e-10)
