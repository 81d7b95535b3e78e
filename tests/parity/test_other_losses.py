"""Focal, hinge, robust and relative losses, and divergences, against Keras on TensorFlow."""

from unittest import mock

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import Input, Sequential, layers, losses
from cnn_scratch.losses import robust
from tests.parity.test_losses import REDUCTIONS, check, draw_weights, keras_value_and_gradient

SMOOTHING = st.sampled_from([0.0, 0.1, 0.5])
GAMMA = st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.5])
# name: what the labels are, what the predictions are, and the options to draw
LOSSES = {
    "BinaryFocalCrossentropy": (
        "binary",
        "share",
        {
            "apply_class_balancing": st.booleans(),
            "alpha": st.sampled_from([0.25, 0.6]),
            "gamma": GAMMA.filter(lambda gamma: gamma >= 1),  # see test_a_gamma_below_1
            "from_logits": st.booleans(),
            "label_smoothing": SMOOTHING,
        },
    ),
    "CategoricalFocalCrossentropy": (
        "distribution",
        "share",
        {
            "alpha": st.sampled_from([0.25, 0.6]),
            "gamma": GAMMA,
            "from_logits": st.booleans(),
            "label_smoothing": SMOOTHING,
        },
    ),
    "Hinge": ("sign", "number", {}),
    "SquaredHinge": ("sign", "number", {}),
    "CategoricalHinge": ("distribution", "number", {}),
    "KLDivergence": ("distribution", "share", {}),
    "Poisson": ("count", "share", {}),
    "Huber": ("number", "number", {"delta": st.sampled_from([0.5, 1.0, 4.0])}),
    "LogCosh": ("number", "number", {}),
    "MeanAbsolutePercentageError": ("number", "number", {}),
    "MeanSquaredLogarithmicError": ("count", "number", {}),
    "CosineSimilarity": ("number", "number", {"axis": st.sampled_from([-1, 1])}),
    "Dice": ("distribution", "share", {"axis": st.sampled_from([-1, (-1,)])}),
    "Tversky": (
        "distribution",
        "share",
        {
            "axis": st.sampled_from([-1, (-1,)]),
            "alpha": st.sampled_from([0.5, 0.2, 2.0]),
            "beta": st.sampled_from([0.5, 0.7]),
        },
    ),
}


def make_labels(rng, kind, shape):
    """Return labels of a kind; numbers are eighths, so that predictions can be equal to them."""
    if kind == "binary":
        return rng.integers(0, 2, shape)
    if kind == "distribution":
        one_hot = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        return one_hot if rng.integers(0, 2) else rng.dirichlet(np.ones(shape[-1]), shape[:-1])
    if kind == "sign":
        return 2 * rng.integers(0, 2, shape) - 1 if rng.integers(0, 2) else rng.integers(0, 2, shape)
    labels = rng.integers(0, 6, shape) if kind == "count" else rng.integers(-40, 40, shape) / 8
    return labels[..., :1] if rng.integers(0, 2) else labels


def make_predictions(rng, kind, shape, from_logits):
    if from_logits or kind == "number":
        # Quarters lie on kinks now and then: where the margin is reached exactly, or a label.
        scale = rng.choice([1.0, 4.0, 20.0])
        return (
            np.round(rng.normal(size=shape) * scale * 4) / 4 if rng.integers(0, 2) else rng.normal(size=shape)
        )
    shares = rng.uniform(0.01, 0.99, shape)
    if rng.integers(0, 2):
        shares = rng.dirichlet(np.full(shape[-1], 0.5), shape[:-1])
    return shares


@st.composite
def cases(draw, name):
    """Return the arguments of the loss, labels, predictions and weights."""
    labels, predictions, options = LOSSES[name]
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    batch, classes = draw(st.integers(1, 6)), draw(st.integers(2, 7))
    shape = (batch, *draw(st.sampled_from([(), (), (3,), (2, 3)])), classes)
    arguments = {"reduction": draw(st.sampled_from(REDUCTIONS))}
    arguments |= {key: draw(strategy) for key, strategy in options.items()}
    if arguments.get("axis") == 1:
        shape = (batch, classes, classes)
    y_true = make_labels(rng, labels, shape)
    y_pred = make_predictions(rng, predictions, shape, arguments.get("from_logits", False))
    return arguments, y_true, y_pred, draw_weights(draw, rng, shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LOSSES)
@given(data=st.data())
def test_value_and_gradient(name, dtype, data):
    # Keras has log 2 in float32 only; with this number all other digits agree.
    log_2 = float(np.float32(np.log(2)))
    with mock.patch.object(robust, "LOG_2", log_2):
        check(name, *data.draw(cases(name)), dtype)


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred"),
    [
        ("Hinge", [[1.0, -1, 1, -1]], [[1.0, -1, 1.5, 0]]),
        ("Hinge", [[1.0, 0, 1, 0]], [[1.0, -1, 1.5, 0]]),
        ("SquaredHinge", [[1.0, -1, 1, -1]], [[1.0, -1, 1.5, 0]]),
        ("CategoricalHinge", [[1.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[1.0, 2, 2], [3, 2, 1], [2, -1, -1]]),
        (
            "CategoricalHinge",
            [[0.0, 1, 0]],
            [[-2.0, 0.5, -1]],
        ),  # the best of the wrong is the zero of the right
        ("Huber", [[0.0] * 5], [[-1.0, 1, 0, 2, -3]]),
        ("MeanAbsolutePercentageError", [[2.0, 0, -1]], [[2.0, 0, -1]]),
        ("MeanSquaredLogarithmicError", [[2.0, 0, -1]], [[0.0, -1, -2]]),
        ("KLDivergence", [[0.0, 1, 0.5]], [[0.0, 1.0, 1.5]]),
        ("BinaryFocalCrossentropy", [[0.0, 1, 1, 0]], [[0.0, 1, 0, 1]]),
        ("CategoricalFocalCrossentropy", [[0.0, 1], [0, 1]], [[0.0, 1], [1, 0]]),
        ("CosineSimilarity", [[3.0, 4], [0, 0]], [[0.0, 0], [1, 2]]),
    ],
)
def test_kinks_and_ends(name, y_true, y_pred):
    for dtype in ("float32", "float64"):
        check(name, {}, np.array(y_true), np.array(y_pred), None, dtype)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "predictions",
    [
        [[NAN, 1.0, 0.0]],
        [[1.0, NAN, 5.0], [1.0, 2.0, 5.0]],
        [[NAN, 9.0, NAN]],
        [[INF, 1.0, 0.0]],
        [[0.0, 2.0, -INF]],
    ],
)
def test_the_categorical_hinge_of_no_numbers(predictions):
    """A row with a NaN has a gradient of NaN, and the others have theirs."""
    y_pred = np.array(predictions)
    y_true = np.array([[0.0, 1.0, 0.0]] * len(y_pred))
    theirs = keras.losses.CategoricalHinge(reduction="sum", dtype="float64")
    expected, expected_gradient = keras_value_and_gradient(theirs, y_true, y_pred, None)
    with np.errstate(invalid="ignore"):  # 0 · ∞
        value, cache = losses.CategoricalHinge(reduction="sum").forward(y_true, y_pred)
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(losses.CategoricalHinge(reduction="sum").backward(cache), expected_gradient)
    assert np.array_equal(np.isnan(expected_gradient).all(axis=-1), np.isnan(y_pred).any(axis=-1))


@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_a_gamma_below_1(gamma):
    """Where a logit is quite right TensorFlow's gradient is NaN, the power of 0 times 0; ours is 0."""
    y_true, logits = np.array([[1.0, 1, 0, 0]]), np.array([[66.5, 0.5, -2, 1.5]])
    arguments = {"gamma": gamma, "from_logits": True}
    theirs = keras.losses.BinaryFocalCrossentropy(**arguments, dtype="float64")
    expected, expected_gradient = keras_value_and_gradient(theirs, y_true, logits, None)
    ours = losses.BinaryFocalCrossentropy(**arguments)
    value, cache = ours.forward(y_true, logits)
    gradient = ours.backward(cache)
    assert value == pytest.approx(float(expected), rel=1e-12)
    np.testing.assert_allclose(gradient[0, 1:], expected_gradient[0, 1:], rtol=1e-10)
    assert np.isnan(expected_gradient[0, 0])
    assert abs(gradient[0, 0]) < 1e-14


@pytest.mark.parametrize("name", ["Dice", "Tversky"])
@pytest.mark.parametrize("axis", [None, (1, 2, 3), [1, 2], 1, (0, 1, 2)])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
def test_masks_of_images(name, axis, reduction):
    """Sums over whole images, over the batch too, and masks that lack the last axis."""
    rng = np.random.default_rng(5)
    y_pred = rng.uniform(size=(3, 4, 5, 2))
    for y_true, predictions in (
        (rng.integers(0, 2, y_pred.shape), y_pred),
        (np.zeros(y_pred.shape), y_pred),
        (np.zeros(y_pred.shape), 0 * y_pred),
    ):
        arguments = {"axis": axis, "reduction": reduction}
        check(name, arguments, y_true, predictions, None, "float64")
        check(name, arguments, y_true, predictions, None, "float32")
    if axis in (None, 1, [1, 2]):
        check(name, {"axis": axis}, rng.integers(0, 2, (3, 4, 5)), y_pred[..., :1], None, "float64")
        check(name, {"axis": axis}, rng.integers(0, 2, (3, 4, 5, 2)), y_pred, 0.5, "float64")


def test_large_errors():
    check("LogCosh", {}, np.zeros((1, 4)), np.array([[90.0, -90, 1e4, -1e4]]), None, "float32")


def test_one_weight_per_class():
    rng = np.random.default_rng(3)
    arguments = {"alpha": [0.25, 0.5, 1.0], "gamma": 1.5}
    y_true = np.eye(3)[rng.integers(0, 3, 5)]
    check("CategoricalFocalCrossentropy", arguments, y_true, rng.dirichlet(np.ones(3), 5), None, "float64")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BinaryFocalCrossentropy", {"gamma": 3.0, "apply_class_balancing": True, "name": "mine"}),
        ("CategoricalFocalCrossentropy", {"alpha": 0.5, "label_smoothing": 0.1}),
        ("CategoricalFocalCrossentropy", {"alpha": [0.5, 0.25]}),
        *((name, {"reduction": "sum"}) for name in LOSSES if name not in ("Huber", "CosineSimilarity")),
    ],
)
def test_config(name, arguments):
    node = keras.losses.serialize(getattr(keras.losses, name)(**arguments))
    assert losses.serialize(getattr(losses, name)(**arguments)) == node
    assert losses.serialize(losses.get(node)) == node


@pytest.mark.parametrize(
    ("name", "argument", "value"), [("Huber", "delta", 2.0), ("CosineSimilarity", "axis", 1)]
)
def test_config_has_what_keras_forgets(name, argument, value):
    """Keras does not write it, but reads it."""
    theirs = getattr(keras.losses, name)(**{argument: value})
    ours = getattr(losses, name)(**{argument: value})
    assert ours.get_config() == theirs.get_config() | {argument: value}
    read = keras.losses.get(losses.serialize(ours))
    assert read._fn_kwargs == {argument: value}
    assert losses.get(keras.losses.serialize(theirs)).get_config() == getattr(losses, name)().get_config()


def test_names_and_functions():
    """Every name that Keras knows for one of these losses; a function gives one loss per sample."""
    from keras.src.losses import ALL_OBJECTS_DICT

    ours = {losses.get(name).__class__.__name__ for name in LOSSES}
    rng = np.random.default_rng(1)
    y_true, y_pred = np.eye(4)[rng.integers(0, 4, 5)], rng.uniform(0.1, 0.9, (5, 4))
    seen = 0
    for name, theirs in ALL_OBJECTS_DICT.items():
        if isinstance(theirs, type):
            assert name not in ours or type(losses.get(name)).__name__ == name
        elif hasattr(losses, theirs.__name__):
            seen += 1
            labels = np.argmax(y_true, -1) if theirs.__name__.startswith("sparse") else y_true
            expected = theirs(labels, y_pred).numpy()
            np.testing.assert_allclose(losses.get(name)(labels, y_pred), expected.mean(), rtol=1e-6)
            np.testing.assert_allclose(getattr(losses, theirs.__name__)(labels, y_pred), expected, rtol=1e-6)
    assert seen > 20


@pytest.mark.parametrize("name", ["BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"])
def test_training_after_an_activation(name):
    """Keras takes the entropy from the logits of a sigmoid, and so do we."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(16, 3)).astype("float32") * 9, np.eye(4)[rng.integers(0, 4, 16)].astype("float32")
    activation = "sigmoid" if name.startswith("Binary") else "softmax"
    ours = Sequential([Input((3,)), layers.Dense(4, activation=activation)])
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation=activation)])
    ours.set_weights([w * 4 for w in theirs.get_weights()])
    theirs.set_weights(ours.get_weights())
    ours.compile("sgd", getattr(losses, name)())
    theirs.compile("sgd", getattr(keras.losses, name)(), jit_compile=False)
    for _ in range(5):
        assert ours.train_on_batch(x, y) == pytest.approx(float(theirs.train_on_batch(x, y)), rel=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
