"""R2Score and Sum: worked examples, what they are for odd data, refusals."""

import numpy as np
import pytest

from cnn_scratch import metrics

LABELS = [[1, 10], [4, 20], [3, 30]]
GUESSES = [[2, 10], [4, 20], [4, 25]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (dict(class_aggregation=None), [1 - 2 / (14 / 3), 1 - 25 / 200]),
        ({}, (1 - 2 / (14 / 3) + 1 - 25 / 200) / 2),
        (dict(class_aggregation="variance_weighted_average"), 1 - 27 / (14 / 3 + 200)),
        (dict(class_aggregation=None, num_regressors=2), [1 - 2 / (14 / 3) * 5 / 3, 1 - 25 / 200 * 5 / 3]),
    ],
)
def test_worked_examples(options, expected):
    metric = metrics.R2Score(**options)
    for label, guess in zip(LABELS, GUESSES, strict=True):
        metric.update_state([label], [guess])
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-12)


def test_a_weight_of_two_is_a_sample_given_twice():
    once, twice = metrics.R2Score(), metrics.R2Score()
    once.update_state(LABELS, GUESSES, [1, 1, 2])
    twice.update_state([*LABELS, LABELS[2]], [*GUESSES, GUESSES[2]])
    assert once.result() == pytest.approx(twice.result(), rel=1e-12)
    assert once.result() != pytest.approx(metrics.R2Score()(LABELS, GUESSES), rel=1e-3)


def test_labels_without_variation():
    assert metrics.R2Score()([[2], [2]], [[1], [2]]) == 0
    # Seven times 0.1 squared, less the square of their sum over seven, is not 0 as floating point has it.
    assert metrics.R2Score()(np.full((7, 1), 0.1), np.arange(7)[:, None]) == 0
    assert metrics.R2Score()([[0.1, 7.0]], [[0.2, 5.0]], [0.7]) == 0
    assert np.isnan(metrics.R2Score().result())
    metric = metrics.R2Score()
    metric.update_state(LABELS, GUESSES)
    metric.reset_state()
    metric.update_state([1, 4, 3], [[2], [4], [4]])  # another number of outputs, and labels (N,)
    assert metric.result() == pytest.approx(1 - 2 / (14 / 3))


def test_more_regressors_than_labels():
    metric = metrics.R2Score(num_regressors=5)
    metric.update_state(LABELS, GUESSES)
    with pytest.warns(UserWarning, match="standard R2 score. Received: 6 labels, num_regressors=5"):
        assert metric.result() == metrics.R2Score()(LABELS, GUESSES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.R2Score("mean"), r"Expected one of \(None, .*Received: class_aggregation=mean"),
        (lambda: metrics.R2Score(num_regressors=-1), "Expected a value >= 0. Received: num_regressors=-1"),
        (lambda: metrics.R2Score()([[1, 2]], [[1]]), r"2D inputs .*y_pred.shape=\(1, 1\)"),
        (lambda: metrics.R2Score()(np.ones((2, 2, 2)), np.ones((2, 2, 2))), "2D inputs"),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_another_number_of_outputs():
    metric = metrics.R2Score()
    metric.update_state(LABELS, GUESSES)
    with pytest.raises(ValueError, match=r"Expected 2 outputs. Received: 1"):
        metric.update_state([[1]], [[1]])


def test_sum():
    total = metrics.Sum()
    assert total([1.0, 3.0, 5.0]) == 9.0
    assert total([[1.0, 3.0], [5.0, 7.0]], [1.0, 0.5]) == 9.0 + 4.0 + 6.0
    total.reset_state()
    assert total.result() == 0.0
