"""Focal, hinge, robust and relative losses, and divergences; see ``tests/test_losses.py`` for the others."""

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, losses
from cnn_scratch.reference import losses as reference
from tests.test_losses import (
    LOGITS,
    ONE_HOT,
    PROBABILITIES,
    YES_NO,
    C,
    N,
    gradient_of,
    slope,
    with_reduction,
)

RNG = np.random.default_rng(5)
SIGNS = 2 * YES_NO - 1
SOFT = RNG.dirichlet(np.ones(C), N)
NUMBERS = RNG.normal(size=(N, C)) * 2
COUNTS = RNG.integers(0, 5, (N, C))
SIGMOID = 1 / (1 + np.exp(-LOGITS))

# name: loss, labels, predictions, definition of the losses of the samples
CASES = {
    "binary_focal": (
        losses.BinaryFocalCrossentropy(),
        YES_NO,
        PROBABILITIES,
        reference.binary_focal_crossentropy,
    ),
    "binary_focal_balanced": (
        losses.BinaryFocalCrossentropy(True, alpha=0.3, gamma=0.5),
        SOFT,
        PROBABILITIES,
        lambda t, y: reference.binary_focal_crossentropy(t, y, 0.5, 0.3),
    ),
    "binary_focal_logits": (
        losses.BinaryFocalCrossentropy(gamma=3, from_logits=True),
        YES_NO,
        LOGITS,
        lambda t, z: reference.binary_focal_crossentropy(t, 1 / (1 + np.exp(-z)), 3),
    ),
    "categorical_focal": (
        losses.CategoricalFocalCrossentropy(),
        ONE_HOT,
        PROBABILITIES,
        reference.categorical_focal_crossentropy,
    ),
    "categorical_focal_logits": (
        losses.CategoricalFocalCrossentropy([0.5, 1, 2, 0.25], 1.5, from_logits=True),
        SOFT,
        LOGITS,
        lambda t, z: reference.categorical_focal_crossentropy(
            t, reference.softmax(z), 1.5, np.array([0.5, 1, 2, 0.25])
        ),
    ),
    "hinge": (losses.Hinge(), SIGNS, LOGITS, reference.hinge),
    "squared_hinge": (losses.SquaredHinge(), SIGNS, LOGITS, reference.squared_hinge),
    "categorical_hinge": (losses.CategoricalHinge(), ONE_HOT, LOGITS, reference.categorical_hinge),
    "kl_divergence": (losses.KLDivergence(), SOFT, PROBABILITIES, reference.kl_divergence),
    "poisson": (losses.Poisson(), COUNTS, PROBABILITIES * 4, reference.poisson),
    "huber": (losses.Huber(), NUMBERS, LOGITS, reference.huber),
    "huber_delta": (losses.Huber(2.5), NUMBERS, LOGITS, lambda t, y: reference.huber(t, y, 2.5)),
    "log_cosh": (losses.LogCosh(), NUMBERS, LOGITS, reference.log_cosh),
    "mape": (
        losses.MeanAbsolutePercentageError(),
        NUMBERS,
        LOGITS,
        reference.mean_absolute_percentage_error,
    ),
    "msle": (
        losses.MeanSquaredLogarithmicError(),
        COUNTS,
        LOGITS,
        reference.mean_squared_logarithmic_error,
    ),
    "dice": (losses.Dice(), YES_NO, PROBABILITIES, reference.dice),
    "dice_rows": (losses.Dice(axis=-1), SOFT, PROBABILITIES, lambda t, y: reference.dice(t, y, -1)),
    "tversky": (losses.Tversky(), YES_NO, PROBABILITIES, reference.tversky),
    "tversky_rows": (
        losses.Tversky(0.3, 0.8, axis=[1]),
        YES_NO,
        PROBABILITIES,
        lambda t, y: reference.tversky(t, y, 0.3, 0.8, 1),
    ),
    "cosine_similarity": (losses.CosineSimilarity(), NUMBERS, LOGITS, reference.cosine_similarity),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def test_value_is_the_mean_of_the_definition(case):
    loss, y_true, y_pred, definition = case
    assert loss(y_true, y_pred) == pytest.approx(definition(y_true, y_pred).mean(), rel=1e-11)
    single = loss(y_true, y_pred.astype("float32"))
    assert single == pytest.approx(definition(y_true, y_pred).mean(), rel=1e-5)
    assert isinstance(single, float)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_against_finite_differences(case, reduction, weighted):
    loss, y_true, y_pred, _ = case
    loss = with_reduction(loss, reduction)
    weights = RNG.uniform(0.5, 2, N) if weighted else None
    _, gradient = gradient_of(loss, y_true, y_pred, weights)
    assert gradient.shape == y_pred.shape
    for place in np.ndindex(y_pred.shape):
        direction = np.zeros(y_pred.shape)
        direction[place] = 1
        expected = slope(loss, y_true, y_pred, direction, weights)
        assert gradient[place] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_nothing_is_mutated_and_dtype_is_kept(case):
    loss, y_true, y_pred, _ = case
    for dtype in ("float32", "float64", ">f8", "float16"):
        predictions = np.asfortranarray(y_pred.astype(dtype))
        predictions.setflags(write=False)
        labels = y_true.copy()
        labels.setflags(write=False)
        _, cache = loss.forward(labels, predictions)
        gradient = loss.backward(cache)
        assert gradient.dtype == predictions.dtype
        assert np.isfinite(gradient).all()
        loss.forward(labels, predictions / 2)
        np.testing.assert_array_equal(loss.backward(cache), gradient)


def test_an_empty_batch(case):
    loss = case[0]
    value, gradient = gradient_of(loss, np.zeros((0, C)), np.zeros((0, C)))
    whole = "axis" in loss.get_config() and loss.axis is None  # one loss for everything: nothing overlaps
    assert value == (1 if whole else 0)
    assert gradient.shape == (0, C)


def test_functions_give_one_loss_per_sample():
    for name, (loss, y_true, y_pred, definition) in CASES.items():
        if hasattr(losses, name):
            function = getattr(losses, name)
            np.testing.assert_allclose(function(y_true, y_pred), definition(y_true, y_pred), rtol=1e-11)
            assert isinstance(losses.get(function), type(loss))
            assert isinstance(losses.get(name), type(loss))


def test_focal_losses_with_gamma_0_are_the_cross_entropies():
    for focal, plain, y_true in [
        (losses.BinaryFocalCrossentropy(gamma=0), losses.BinaryCrossentropy(), YES_NO),
        (losses.CategoricalFocalCrossentropy(1, 0), losses.CategoricalCrossentropy(), ONE_HOT),
    ]:
        for logits in (False, True):
            focal.from_logits = plain.from_logits = logits
            predictions = LOGITS if logits else PROBABILITIES
            value, gradient = gradient_of(focal, y_true, predictions)
            expected, expected_gradient = gradient_of(plain, y_true, predictions)
            assert value == pytest.approx(expected, rel=1e-12)
            np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_focal_loss_of_logits_of_ten_thousand(dtype, gamma):
    loss = losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True, reduction=None)
    logits = np.array([[1e4], [-1e4], [1e4], [-1e4]], dtype)
    values, gradient = gradient_of(loss, np.array([[1], [1], [0], [0]]), logits)
    np.testing.assert_array_equal(values, [0, 1e4, 1e4, 0])
    np.testing.assert_array_equal(gradient, [[0], [-1], [1], [0]])
    loss = losses.CategoricalFocalCrossentropy(1, gamma, from_logits=True, reduction=None)
    values, gradient = gradient_of(loss, np.eye(2), np.array([[1e4, 0], [1e4, 0]], dtype))
    np.testing.assert_allclose(values, [0, -np.log(1e-7)], atol=4e-4)
    np.testing.assert_array_equal(gradient, 0)  # clipped


def test_with_logits():
    loss = losses.BinaryFocalCrossentropy(True, 0.3)
    assert loss.logits_activation == "sigmoid"
    twin = loss.with_logits()
    assert twin.logits_activation is None
    assert twin(YES_NO, LOGITS) == pytest.approx(loss(YES_NO, SIGMOID), rel=1e-9)


def test_label_smoothing():
    for focal, y_true, smooth in [
        (losses.BinaryFocalCrossentropy, YES_NO, YES_NO * 0.8 + 0.1),
        (losses.CategoricalFocalCrossentropy, ONE_HOT, ONE_HOT * 0.8 + 0.2 / C),
    ]:
        assert focal(label_smoothing=0.2)(y_true, PROBABILITIES) == pytest.approx(
            focal()(smooth, PROBABILITIES), rel=1e-12
        )


def test_axis():
    for loss in (losses.CategoricalFocalCrossentropy, losses.CosineSimilarity):
        y_true, y_pred = RNG.dirichlet(np.ones(3), (2, 5)), RNG.dirichlet(np.ones(3), (2, 5))
        value, gradient = gradient_of(loss(axis=1), y_true.transpose(0, 2, 1), y_pred.transpose(0, 2, 1))
        expected, expected_gradient = gradient_of(loss(), y_true, y_pred)
        assert value == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(gradient, expected_gradient.transpose(0, 2, 1), rtol=1e-9, atol=1e-15)


def test_the_kinks():
    """Where there is no slope, or two, the gradient is the one of TensorFlow (see the parity tests)."""
    _, gradient = gradient_of(losses.Hinge("sum"), [[1.0], [-1.0], [1.0]], np.array([[1.0], [-1], [1.5]]))
    np.testing.assert_array_equal(gradient, [[-1], [1], [0]])
    _, gradient = gradient_of(
        losses.CategoricalHinge("sum"), [[1, 0, 0], [1, 0, 0]], np.array([[1.0, 2.0, 2.0], [3.0, 2.0, 1.0]])
    )
    np.testing.assert_array_equal(gradient, [[-1, 0.5, 0.5], [-1, 1, 0]])
    _, gradient = gradient_of(losses.Huber(2, "sum"), [[0.0]] * 4, np.array([[-9.0], [-2], [2], [5]]))
    np.testing.assert_array_equal(gradient, [[-2], [-2], [2], [2]])
    _, gradient = gradient_of(losses.MeanAbsolutePercentageError("sum"), [[2.0]], np.array([[2.0]]))
    np.testing.assert_array_equal(gradient, [[0]])
    for below in (0.0, -3.0):
        _, gradient = gradient_of(losses.MeanSquaredLogarithmicError("sum"), [[2.0]], np.array([[below]]))
        np.testing.assert_array_equal(gradient, [[0]])
    _, gradient = gradient_of(losses.KLDivergence("sum"), [[0.5, 0.5]], np.array([[0.0, 1.5]]))
    np.testing.assert_array_equal(gradient, [[0, 0]])


def test_labels_0_and_1_are_signs_for_hinges():
    for loss in (losses.Hinge(), losses.SquaredHinge()):
        expected, expected_gradient = gradient_of(loss, SIGNS, LOGITS)
        value, gradient = gradient_of(loss, YES_NO, LOGITS)
        assert value == expected
        np.testing.assert_array_equal(gradient, expected_gradient)
        other = YES_NO.copy()
        other[0, 0] = 0.5  # one other label: none of them is changed
        assert loss(other, LOGITS) != pytest.approx(loss(np.where(other == 0.5, 0.5, SIGNS), LOGITS))


def test_numbers_that_overflow_in_the_textbook():
    value, gradient = gradient_of(losses.LogCosh("sum"), [[0.0, 0.0]], np.array([[1e5, -1e5]], "float32"))
    assert value == pytest.approx(1e5 - np.log(2), rel=1e-6)
    np.testing.assert_array_equal(gradient, [[0.5, -0.5]])


def test_a_vector_without_a_direction():
    value, gradient = gradient_of(losses.CosineSimilarity(), [[3.0, 4.0]], np.zeros((1, 2)))
    assert value == 0
    np.testing.assert_allclose(gradient, [[-0.6e7, -0.8e7]], rtol=1e-12)


def test_get_and_serialize():
    for names, loss in [
        (("kld", "KLD", "kl_divergence", "KLDivergence"), losses.KLDivergence),
        (("mape", "MAPE"), losses.MeanAbsolutePercentageError),
        (("msle", "MSLE"), losses.MeanSquaredLogarithmicError),
        (("huber", "Huber"), losses.Huber),
    ]:
        for name in names:
            assert isinstance(losses.get(name), loss)
    for mine in (
        losses.BinaryFocalCrossentropy(True, 0.1, 3.0, True, 0.2, -1, "sum", "mine"),
        losses.CategoricalFocalCrossentropy(np.array([0.1, 0.2]), 3.0, True, 0.2, -1, "sum", "mine"),
        losses.Huber(2.0, "sum"),
        losses.CosineSimilarity(1),
        losses.Dice("sum", "mine", (1, 2)),
        losses.Tversky(0.3, 0.7, axis=1),
    ):
        copy = losses.get(losses.serialize(mine))
        assert type(copy) is type(mine)
        assert copy.get_config() == mine.get_config()


def test_training_saving_and_loading(tmp_path):
    """A focal loss after a sigmoid is calculated from the logits; its settings stand in the file."""
    from cnn_scratch import models

    for activation, y_true, loss in [
        ("sigmoid", YES_NO, losses.BinaryFocalCrossentropy(True, 0.3, 1.5, label_smoothing=0.1)),
        ("softmax", ONE_HOT, losses.CategoricalFocalCrossentropy([0.1, 0.2, 0.3, 0.4], 1.5)),
        (None, NUMBERS, losses.Huber(0.5)),
        (None, NUMBERS, losses.CosineSimilarity()),
        ("sigmoid", YES_NO, losses.Dice(axis=[1])),
        ("sigmoid", YES_NO, losses.Tversky(0.3, 0.7, axis=1)),
        ("sigmoid", YES_NO, "dice"),
        ("softmax", SOFT, "kld"),
    ]:
        model = Sequential([Input((C,)), layers.Dense(C, activation=activation)])
        model.compile("sgd", loss)
        expected = losses.get(loss)(y_true, model.predict(LOGITS, verbose=0))
        assert model.train_on_batch(LOGITS, y_true) == pytest.approx(expected, rel=1e-5)
        model.save(tmp_path / "model.keras")
        read = models.load_model(tmp_path / "model.keras")
        assert losses.get(read.loss).get_config() == losses.get(loss).get_config()
        assert read.evaluate(LOGITS, y_true, verbose=0) == model.evaluate(LOGITS, y_true, verbose=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.get(lambda y_true, y_pred: 0), r"no gradient.*`losses_forward\(y_true, y_pred\)`"),
        (lambda: losses.BinaryFocalCrossentropy(label_smoothing=2), "Received: label_smoothing=2"),
        (lambda: losses.CategoricalFocalCrossentropy(axis=True), "type `int`. Received: axis=True"),
        (
            lambda: losses.CategoricalFocalCrossentropy([0.5, 1.0])(np.ones((2, 3)), np.ones((2, 3))),
            r"one weight per class. Received: alpha=\[0.5, 1.0\], y_true.shape=\(2, 3\)",
        ),
        (lambda: losses.Hinge()(np.ones((2, 2)), np.ones((2, 3))), "must have the same shape"),
        (lambda: losses.CategoricalHinge()(np.ones(2), np.ones((2, 3))), "must have the same shape"),
        (lambda: losses.KLDivergence()(np.ones((2, 2)), np.ones((2, 3))), "must have the same shape"),
        (lambda: losses.Huber()(np.ones((3, 3)), np.ones((3, 1))), "must have the same shape"),
        (lambda: losses.Poisson()(np.ones((3, 3)), np.ones((3, 1))), "must have the same shape"),
        (lambda: losses.Dice()(np.ones((3, 1)), np.ones((3, 3))), "must have the same shape"),
        (lambda: losses.CosineSimilarity()(np.ones(3), np.ones((3, 3))), "must have the same shape"),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_class_is_warned_about():
    with pytest.warns(
        SyntaxWarning, match="In loss categorical_focal_crossentropy.*'binary_crossentropy'"
    ) as w:
        losses.CategoricalFocalCrossentropy()(np.ones((2, 1)), np.ones((2, 1)))
    assert w[0].filename == __file__
