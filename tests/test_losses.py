import numpy as np
import pytest

from cnn_scratch import losses
from cnn_scratch.reference import losses as reference

RNG = np.random.default_rng(2)
N, C = 6, 4
LABELS = RNG.integers(0, C, N)
ONE_HOT = reference.one_hot(LABELS, C)
LOGITS = RNG.normal(size=(N, C)) * 3
PROBABILITIES = RNG.uniform(0.05, 0.9, size=(N, C))
YES_NO = RNG.integers(0, 2, (N, C)).astype(float)

# name: loss, labels, predictions, definition of the losses of the samples
CASES = {
    "cce": (losses.CategoricalCrossentropy(), ONE_HOT, PROBABILITIES, reference.categorical_crossentropy),
    "cce_logits": (
        losses.CategoricalCrossentropy(from_logits=True),
        ONE_HOT,
        LOGITS,
        reference.categorical_crossentropy_from_logits,
    ),
    "scce": (
        losses.SparseCategoricalCrossentropy(),
        LABELS,
        PROBABILITIES,
        reference.sparse_categorical_crossentropy,
    ),
    "scce_logits": (
        losses.SparseCategoricalCrossentropy(from_logits=True),
        LABELS,
        LOGITS,
        lambda labels, z: reference.categorical_crossentropy_from_logits(reference.one_hot(labels, C), z),
    ),
    "bce": (losses.BinaryCrossentropy(), YES_NO, PROBABILITIES, reference.binary_crossentropy),
    "bce_logits": (
        losses.BinaryCrossentropy(from_logits=True),
        YES_NO,
        LOGITS,
        reference.binary_crossentropy_from_logits,
    ),
    "mse": (losses.MeanSquaredError(), LOGITS + 1, LOGITS * 2, reference.mean_squared_error),
    "mae": (losses.MeanAbsoluteError(), LOGITS + 1, LOGITS * 2, reference.mean_absolute_error),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def gradient_of(loss, y_true, y_pred, sample_weight=None):
    value, cache = loss.forward(y_true, y_pred, sample_weight)
    return value, loss.backward(cache)


def slope(loss, y_true, y_pred, direction, sample_weight=None, step=1e-5):
    """Return the change of the loss along a direction, by central differences."""
    ahead = np.sum(loss(y_true, y_pred + step * direction, sample_weight))
    behind = np.sum(loss(y_true, y_pred - step * direction, sample_weight))
    return (ahead - behind) / (2 * step)


def with_reduction(loss, reduction):
    return type(loss).from_config({**loss.get_config(), "reduction": reduction})


def test_value_is_the_mean_of_the_definition(case):
    loss, y_true, y_pred, definition = case
    assert loss(y_true, y_pred) == pytest.approx(definition(y_true, y_pred).mean(), rel=1e-12)
    single = loss(y_true, y_pred.astype("float32"))
    assert single == pytest.approx(definition(y_true, y_pred).mean(), rel=1e-5)
    assert isinstance(single, float)


def test_gradients_of_the_definition():
    for name, definition, y_true in [
        ("cce_logits", reference.categorical_crossentropy_from_logits_gradient, ONE_HOT),
        ("scce_logits", reference.categorical_crossentropy_from_logits_gradient, ONE_HOT),
        ("bce_logits", reference.binary_crossentropy_from_logits_gradient, YES_NO),
        ("mse", reference.mean_squared_error_gradient, LOGITS + 1),
        ("mae", reference.mean_absolute_error_gradient, LOGITS + 1),
    ]:
        loss, labels, y_pred, _ = CASES[name]
        np.testing.assert_allclose(
            gradient_of(loss, labels, y_pred)[1], definition(y_true, y_pred), rtol=1e-10, atol=1e-14
        )


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_against_finite_differences(case, reduction, weighted):
    loss, y_true, y_pred, definition = case
    loss = with_reduction(loss, reduction)
    weights = RNG.uniform(0.5, 2, N) if weighted else None
    value, gradient = gradient_of(loss, y_true, y_pred, weights)
    assert gradient.shape == y_pred.shape
    direction = RNG.normal(size=y_pred.shape)
    expected = slope(loss, y_true, y_pred, direction, weights)
    assert (gradient * direction).sum() == pytest.approx(expected, rel=1e-7, abs=1e-9)

    samples = definition(y_true, y_pred) * (1 if weights is None else weights)
    divisor = {"sum": 1, "mean_with_sample_weight": N if weights is None else weights.sum()}.get(reduction, N)
    expected = samples if reduction in ("none", None) else samples.sum() / divisor
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_nothing_is_mutated_and_dtype_is_kept(case):
    loss, y_true, y_pred, _ = case
    for dtype in ("float32", "float64", ">f8", "float16"):
        predictions = np.asfortranarray(y_pred.astype(dtype))
        predictions.setflags(write=False)
        labels = y_true.copy()
        labels.setflags(write=False)
        _, gradient = gradient_of(loss, labels, predictions)
        assert gradient.dtype == predictions.dtype
        assert np.isfinite(gradient).all()


def test_two_forwards_do_not_disturb_each_other(case):
    loss, y_true, y_pred, _ = case
    expected = gradient_of(loss, y_true, y_pred)[1]
    _, cache = loss.forward(y_true, y_pred)
    loss.forward(y_true, y_pred / 2)
    np.testing.assert_array_equal(loss.backward(cache), expected)
    np.testing.assert_array_equal(loss.backward(cache), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand(dtype):
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]], dtype)
    one_hot = np.array([[1, 0, 0], [1, 0, 0]])
    for loss, y_true in (
        (losses.CategoricalCrossentropy(from_logits=True, reduction=None), one_hot),
        (losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None), np.array([0, 0])),
    ):
        values, gradient = gradient_of(loss, y_true, logits)
        np.testing.assert_array_equal(values, [0, 2e4])
        np.testing.assert_array_equal(gradient, [[0, 0, 0], [-1, 1, 0]])
    loss = losses.BinaryCrossentropy(from_logits=True, reduction=None)
    values, gradient = gradient_of(
        loss, np.array([[1], [1], [0], [0]]), np.array([[1e4], [-1e4], [1e4], [-1e4]], dtype)
    )
    np.testing.assert_array_equal(values, [0, 1e4, 1e4, 0])
    np.testing.assert_array_equal(gradient, [[0], [-1], [1], [0]])


def test_clipped_probabilities_have_no_gradient():
    values, gradient = gradient_of(
        losses.BinaryCrossentropy(reduction=None), [[1], [0]], np.array([[0.0], [1.0]])
    )
    np.testing.assert_allclose(values, -np.log(1e-7), rtol=1e-8)
    np.testing.assert_array_equal(gradient, 0)
    for loss, labels in (
        (losses.CategoricalCrossentropy(reduction=None), np.array([[1, 0]])),
        (losses.SparseCategoricalCrossentropy(reduction=None), np.array([0])),
    ):
        values, gradient = gradient_of(loss, labels, np.array([[0.0, 1.0]]))
        np.testing.assert_allclose(values, -np.log(1e-7), rtol=1e-6)
        np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("name", ["cce", "scce", "bce"])
def test_with_logits(name):
    loss, y_true, _, _ = CASES[name]
    assert loss.logits_activation == ("sigmoid" if name == "bce" else "softmax")
    twin = loss.with_logits()
    assert twin.logits_activation is None
    assert twin.get_config() == {**loss.get_config(), "from_logits": True}
    assert not loss.from_logits
    probabilities = 1 / (1 + np.exp(-LOGITS)) if name == "bce" else reference.softmax(LOGITS)
    assert twin(y_true, LOGITS) == pytest.approx(loss(y_true, probabilities), rel=1e-10)


def test_other_losses_know_no_logits():
    assert losses.MeanSquaredError().logits_activation is None
    assert not hasattr(losses.MeanSquaredError(), "with_logits")


def test_label_smoothing():
    smooth = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    plain = losses.CategoricalCrossentropy(from_logits=True)
    assert smooth(ONE_HOT, LOGITS) == pytest.approx(plain(ONE_HOT * 0.8 + 0.2 / C, LOGITS), rel=1e-12)
    smooth = losses.BinaryCrossentropy(label_smoothing=0.2)
    assert smooth(YES_NO, PROBABILITIES) == pytest.approx(
        losses.BinaryCrossentropy()(YES_NO * 0.8 + 0.1, PROBABILITIES), rel=1e-12
    )


def test_axis_of_the_classes():
    last = losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True)
    first = losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True, axis=1)
    logits = RNG.normal(size=(2, 3, 5))
    y_true = np.eye(3)[RNG.integers(0, 3, (2, 5))]  # (2, 5, 3)
    value, gradient = gradient_of(first, y_true.transpose(0, 2, 1), logits)
    expected, expected_gradient = gradient_of(last, y_true, logits.transpose(0, 2, 1))
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient.transpose(0, 2, 1), rtol=1e-12)


def test_labels_that_do_not_add_up_to_one():
    loss = losses.CategoricalCrossentropy(from_logits=True)
    soft = RNG.uniform(size=(N, C))
    direction = RNG.normal(size=(N, C))
    expected = slope(loss, soft, LOGITS, direction)
    assert (gradient_of(loss, soft, LOGITS)[1] * direction).sum() == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("from_logits", [False, True])
def test_ignore_class(from_logits):
    loss = losses.SparseCategoricalCrossentropy(from_logits, ignore_class=-1)
    plain = losses.SparseCategoricalCrossentropy(from_logits)
    y_pred = LOGITS if from_logits else PROBABILITIES
    labels = LABELS.copy()
    labels[[1, 4]] = -1
    kept = labels >= 0
    value, gradient = gradient_of(loss, labels, y_pred)
    expected, expected_gradient = gradient_of(plain, labels[kept], y_pred[kept])
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient[kept], expected_gradient, rtol=1e-12)
    np.testing.assert_array_equal(gradient[~kept], 0)


def test_ranks_are_made_to_fit():
    scce = losses.SparseCategoricalCrossentropy()
    assert scce(LABELS[:, None], PROBABILITIES) == scce(LABELS, PROBABILITIES)
    bce = losses.BinaryCrossentropy()
    column = PROBABILITIES[:, :1]
    expected, gradient = gradient_of(bce, YES_NO[:, :1], column)
    assert bce(YES_NO[:, 0], column) == expected
    value, flat_gradient = gradient_of(bce, YES_NO[:, :1], column[:, 0])
    assert value == expected
    np.testing.assert_array_equal(flat_gradient, gradient[:, 0])
    weights = RNG.uniform(size=N)
    assert scce(LABELS, PROBABILITIES, weights[:, None]) == scce(LABELS, PROBABILITIES, weights)


def test_weight_per_position():
    loss = losses.MeanSquaredError()
    y_true, y_pred = RNG.normal(size=(2, 3, 5, 2)), RNG.normal(size=(2, 3, 5, 2))
    weights = RNG.uniform(size=(2, 3, 5))
    expected = (((y_true - y_pred) ** 2).mean(-1) * weights).mean()
    assert loss(y_true, y_pred, weights) == pytest.approx(expected, rel=1e-12)
    per_row = RNG.uniform(size=(2, 3, 1))
    expected = (((y_true - y_pred) ** 2).mean(-1) * per_row).mean()
    assert loss(y_true, y_pred, per_row) == pytest.approx(expected, rel=1e-12)


def test_weights_meet_a_loss_of_rank_0():
    loss = losses.MeanSquaredError()
    y_true, y_pred, weights = RNG.normal(size=5), RNG.normal(size=5), RNG.uniform(size=5)
    value, gradient = gradient_of(loss, y_true, y_pred, weights)
    assert value == pytest.approx(((y_true - y_pred) ** 2).mean() * weights.mean(), rel=1e-12)
    np.testing.assert_allclose(gradient, 2 * (y_pred - y_true) / 5 * weights.mean(), rtol=1e-12)


def test_labels_may_be_broadcast():
    loss = losses.MeanSquaredError()
    assert loss(np.ones((N, 1)), LOGITS) == pytest.approx(((LOGITS - 1) ** 2).mean(), rel=1e-12)


def test_empty_batch_and_weights_of_zero():
    for loss in (losses.MeanSquaredError(), losses.BinaryCrossentropy()):
        value, gradient = gradient_of(loss, np.zeros((0, 3)), np.zeros((0, 3)))
        assert value == 0
        assert gradient.shape == (0, 3)
    loss = losses.MeanSquaredError("mean_with_sample_weight")
    value, gradient = gradient_of(loss, YES_NO, PROBABILITIES, np.zeros(N))
    assert value == 0
    assert not gradient.any()


def test_dtype_argument():
    loss = losses.MeanSquaredError(dtype="float32")
    value, gradient = gradient_of(loss, np.zeros((1, 1)), np.array([[1 / 3]]))
    assert value == float(np.float32(1 / 3) ** 2)
    assert gradient.dtype == np.float64


def test_functions_give_one_loss_per_sample():
    for name in ("cce", "scce", "bce", "mse", "mae"):
        loss, y_true, y_pred, definition = CASES[name]
        function = getattr(losses, loss.name)
        np.testing.assert_allclose(function(y_true, y_pred), definition(y_true, y_pred), rtol=1e-12)


def test_get_and_serialize():
    assert losses.get(None) is None
    for name in ("mse", "MSE", "mean_squared_error", "MeanSquaredError", losses.mean_squared_error):
        assert isinstance(losses.get(name), losses.MeanSquaredError)
    mine = losses.CategoricalCrossentropy(True, 0.1, 1, "sum", "mine")
    assert losses.get(mine) is mine
    copy = losses.get(losses.serialize(mine))
    assert copy.get_config() == mine.get_config()
    assert losses.serialize(copy)["module"] == "keras.losses"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.get("categorical_crosentropy"), "Did you mean 'categorical_crossentropy'"),
        (lambda: losses.get(lambda y_true, y_pred: 0), "plain function has no gradient"),
        (lambda: losses.MeanSquaredError("average"), "argument `reduction`.*Received: reduction=average"),
        (
            lambda: losses.BinaryCrossentropy(label_smoothing=2),
            "between 0 and 1. Received: label_smoothing=2",
        ),
        (
            lambda: losses.CategoricalCrossentropy(axis=True),
            "`axis` must be of type `int`. Received: axis=True",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy(axis=1)(LABELS, RNG.normal(size=(N, C, 2))),
            "Only axis=-1 is currently supported. Received: axis=1",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, 4], np.ones((2, 4))),
            r"label value of 4 which is outside the valid range of \[0, 4\)",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, -1], np.ones((2, 4))),
            r"label value of -1 which is outside the valid range of \[0, 4\)",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, np.nan], np.ones((2, 4))),
            "label value of nan which is outside",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, 1.5], np.ones((2, 4))),
            "Expected integer labels from 0 to 3. Received a label value of 1.5",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()(ONE_HOT, PROBABILITIES),
            "same shape up until the last dimension.*use the loss 'categorical_crossentropy'",
        ),
        (
            lambda: losses.CategoricalCrossentropy()(LABELS, PROBABILITIES),
            r"Received: y_true.shape=\(6,\), y_pred.shape=\(6, 4\).*'sparse_categorical_crossentropy'",
        ),
        (lambda: losses.BinaryCrossentropy()(np.ones((2, 2)), np.ones((2, 3))), "must have the same shape"),
        (lambda: losses.MeanSquaredError()(np.ones(3), np.ones((3, 3))), "must have the same shape"),
        (lambda: losses.MeanSquaredError()(np.ones((3, 3)), np.ones((3, 1))), "must have the same shape"),
        (
            lambda: losses.MeanSquaredError()(ONE_HOT, LOGITS, np.ones(5)),
            r"Expected `sample_weight`.*sample_weight.shape=\(5,\), losses.shape=\(6,\)",
        ),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_class_is_warned_about():
    with pytest.warns(SyntaxWarning, match="Consider using 'binary_crossentropy'"):
        losses.CategoricalCrossentropy()(np.ones((2, 1)), np.ones((2, 1)))
