import functools
import math

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, losses, metrics

RNG = np.random.default_rng(3)
N, C = 40, 8
LABELS = RNG.integers(0, C, N)
ONE_HOT = np.eye(C)[LABELS]
SCORES = RNG.normal(size=(N, C)) + ONE_HOT
PROBABILITIES = np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)


def in_batches(metric, y_true, y_pred, weights=None, size=7):
    for start in range(0, len(y_true), size):
        part = slice(start, start + size)
        metric.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
    return metric.result()


def test_worked_examples():
    assert metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]) == 0.75
    assert metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4], [1, 1, 0, 0]) == 0.5
    assert metrics.BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]) == 0.75
    assert metrics.BinaryAccuracy(threshold=0.7)([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]) == 1
    assert metrics.BinaryAccuracy()([[0], [0]], [[0.5], [0.6]]) == 0.5  # exactly the threshold is a no
    assert metrics.CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]) == 0.5
    assert metrics.SparseCategoricalAccuracy()(
        [2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]], [0.7, 0.3]
    ) == pytest.approx(0.3)
    assert (
        metrics.TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        == 0.5
    )
    assert metrics.SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]) == 1
    assert metrics.RootMeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]) == math.sqrt(
        0.5
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracies_over_batches(weighted):
    weights = RNG.uniform(size=N) if weighted else None
    rank = (SCORES[np.arange(N), LABELS][:, None] < SCORES).sum(1)
    for k, plain, sparse in [
        (1, metrics.CategoricalAccuracy(), metrics.SparseCategoricalAccuracy()),
        (3, metrics.TopKCategoricalAccuracy(3), metrics.SparseTopKCategoricalAccuracy(3)),
        (5, metrics.TopKCategoricalAccuracy(), metrics.SparseTopKCategoricalAccuracy()),
    ]:
        expected = np.average(rank < k, weights=weights)
        assert in_batches(plain, ONE_HOT, SCORES, weights) == pytest.approx(expected, rel=1e-12)
        assert in_batches(sparse, LABELS, SCORES, weights) == pytest.approx(expected, rel=1e-12)
        assert in_batches(
            type(sparse)(**({"k": k} if k > 1 else {})), LABELS[:, None], SCORES, weights
        ) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("metric", "values"),
    [
        (metrics.MeanSquaredError(), lambda: losses.mean_squared_error(ONE_HOT, PROBABILITIES)),
        (metrics.MeanAbsoluteError(), lambda: losses.mean_absolute_error(ONE_HOT, PROBABILITIES)),
        (metrics.CategoricalCrossentropy(), lambda: losses.categorical_crossentropy(ONE_HOT, PROBABILITIES)),
        (metrics.BinaryCrossentropy(), lambda: losses.binary_crossentropy(ONE_HOT, PROBABILITIES)),
    ],
)
def test_losses_as_metrics(metric, values, weighted):
    weights = RNG.uniform(size=N) if weighted else None
    metric.reset_state()
    expected = np.average(values(), weights=weights)
    assert in_batches(metric, ONE_HOT, PROBABILITIES, weights) == pytest.approx(expected, rel=1e-12)


def test_sparse_crossentropy_with_ignored_class():
    expected = losses.sparse_categorical_crossentropy(LABELS, PROBABILITIES)[LABELS != 2].mean()
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=2)
    assert in_batches(metric, LABELS, PROBABILITIES) == pytest.approx(expected, rel=1e-12)
    metric.reset_state()
    assert in_batches(metric, LABELS[:, None], PROBABILITIES, np.full(N, 0.5)) == pytest.approx(
        expected, rel=1e-12
    )


def test_root_mean_squared_error_is_one_root():
    expected = math.sqrt(np.square(ONE_HOT - PROBABILITIES).mean())
    assert in_batches(metrics.RootMeanSquaredError(), ONE_HOT, PROBABILITIES) == pytest.approx(
        expected, rel=1e-12
    )


def test_root_mean_squared_error_of_whole_numbers():
    predictions = np.array([200, 100], "uint8")
    assert metrics.RootMeanSquaredError()([200.5, 100.5], predictions) == 0.5
    assert metrics.RootMeanSquaredError()(np.array([201, 101], "uint8"), predictions) == 1


def test_ties_and_broken_rows_in_top_k():
    y_pred = np.array(
        [[1.0, 1.0, 1.0, 0.0], [np.nan, 3.0, 2.0, 1.0], [np.inf, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]]
    )
    values = metrics.sparse_top_k_categorical_accuracy([2, 1, 1, 9], y_pred, k=1)
    np.testing.assert_array_equal(values, [True, False, False, False])


def test_mean():
    mean = metrics.Mean()
    assert mean.result() == 0
    mean.update_state(3.0, sample_weight=4)
    mean.update_state([1.0, 2.0])
    assert mean.result() == 15 / 6
    mean.reset_state()
    assert mean.result() == 0
    assert mean(np.array([[1.0, 3.0], [5.0, 7.0]]), [1, 0]) == 2


def test_mean_of_many_small_numbers_stays_exact():
    mean = metrics.Mean()
    for _ in range(3):
        mean.update_state(np.full(10_000_000, 0.1, np.float32))
    assert mean.result() == pytest.approx(float(np.float32(0.1)), rel=1e-12)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        ((8,), (8, 1), metrics.BinaryAccuracy),
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 3), (8, 3), metrics.CategoricalAccuracy),
        ((8, 5, 5), (8, 5, 5, 3), metrics.SparseCategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_resolve_accuracy(name, y_true, y_pred, expected):
    metric = metrics.resolve(name, y_true, y_pred)
    assert type(metric) is expected
    assert metric.name == name


def test_resolve_others():
    assert metrics.resolve("mse", (8, 3), (8, 3)).name == "mse"
    mine = metrics.TopKCategoricalAccuracy(2, name="mine")
    assert metrics.resolve(mine, (8, 3), (8, 3)) is mine
    assert mine.name == "mine"

    def error(y_true, y_pred):
        return np.abs(y_true - y_pred)

    metric = metrics.resolve(error, (8, 3), (8, 3))
    assert metric.name == "error"
    error.__name__ = "largestError"
    assert metrics.resolve(error, (8, 3), (8, 3)).name == "largest_error"
    assert metrics.resolve(functools.partial(error), (8, 3), (8, 3)).name == "partial"
    assert metrics.resolve(lambda y_true, y_pred: y_pred, (8, 3), (8, 3)).name == "lambda"
    assert metric(np.zeros((2, 2)), np.array([[1.0, 3.0], [0.0, 0.0]])) == 1


def test_get_and_serialize():
    assert metrics.get(None) is None
    assert isinstance(metrics.get("top_k_categorical_accuracy"), metrics.TopKCategoricalAccuracy)
    for metric in (
        metrics.BinaryAccuracy(threshold=0.3),
        metrics.SparseTopKCategoricalAccuracy(3, "top3"),
        metrics.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1),
    ):
        copy = metrics.get(metrics.serialize(metric))
        assert type(copy) is type(metric)
        assert copy.get_config() == metric.get_config()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.get("acuracy"), "Unknown metric: 'acuracy'. Did you mean 'accuracy'"),
        (lambda: metrics.get(3), "Could not interpret metric identifier: 3"),
        (lambda: metrics.resolve(None, (1,), (1, 1)), "Expected metric, received `None`"),
        (lambda: metrics.CategoricalAccuracy()(LABELS, SCORES), "same shape up until the last dimension"),
        (
            lambda: metrics.SparseCategoricalAccuracy()(ONE_HOT, SCORES),
            "same shape up until the last dimension",
        ),
        (lambda: metrics.BinaryAccuracy()(np.ones((2, 2)), np.ones((2, 3))), "must have the same shape"),
        (lambda: metrics.Mean()([1.0, 2.0], [1.0, 2.0, 3.0]), "Expected `sample_weight`"),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_precision_and_recall_reject():
    with pytest.raises(
        ValueError, match=r"`thresholds`. Expected numbers between 0 and 1. Received: \[1.5\]"
    ):
        metrics.Precision(thresholds=[0.5, 1.5])
    with pytest.raises(ValueError, match=r"of the same shape. Received: \(3, 2\) and \(3, 4\)"):
        metrics.Recall().update_state(np.ones((3, 2)), np.ones((3, 4)))


def test_several_thresholds_in_a_run(capsys):
    """The history has an array per epoch; the line of progress shows the mean, as Keras's does."""
    model = Sequential([Input((2,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metrics.Recall([0.0, 1.0], name="found")])
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=2)
    np.testing.assert_array_equal(history.history["found"], [[1.0, 0.0]])
    assert "found 0.5000" in capsys.readouterr().out
