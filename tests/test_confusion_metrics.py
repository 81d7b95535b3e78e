"""Metrics of what is counted: the four counts, areas under curves, F-scores; and the losses as metrics."""

import itertools

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from cnn_scratch import Input, Sequential, layers, losses, metrics, models

RNG = np.random.default_rng(8)
N, C = 60, 3
YES_NO = RNG.integers(0, 2, (N, C))
# Sixteenths: some are equal to a threshold.
SHARES = np.clip(RNG.integers(0, 13, (N, C)) + 4 * YES_NO, 0, 16) / 16
WEIGHTS = RNG.uniform(0.5, 2, N)
COUNTS = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")


def in_batches(metric, y_true, y_pred, weights=None, size=7):
    for start in range(0, len(y_true), size):
        part = slice(start, start + size)
        metric.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
    return metric.result()


def counted(y_true, y_pred, threshold, weights=1.0):
    """Return TP, FP, TN and FN, one by one."""
    totals = dict.fromkeys(COUNTS, 0.0)
    pairs = np.broadcast_arrays(y_true, y_pred, np.asarray(weights).reshape(-1, *[1] * (y_pred.ndim - 1)))
    for truth, share, weight in zip(*(array.ravel() for array in pairs), strict=True):
        right = (share > threshold) == bool(truth)
        totals[f"{right}{'Positives' if share > threshold else 'Negatives'}"] += weight
    return [totals[name] for name in COUNTS]


@pytest.mark.parametrize("weighted", [False, True])
def test_counts(weighted):
    weights = WEIGHTS if weighted else None
    expected = np.array(
        [counted(YES_NO, SHARES, t, WEIGHTS if weighted else 1.0) for t in (0.25, 0.5, 1.0)]
    ).T
    for name, numbers in zip(COUNTS, expected, strict=True):
        metric = getattr(metrics, name)(thresholds=[0.25, 0.5, 1.0])
        np.testing.assert_allclose(in_batches(metric, YES_NO, SHARES, weights), numbers, rtol=1e-12)
        one = in_batches(getattr(metrics, name)(), YES_NO, SHARES, weights)
        assert isinstance(one, float)
        assert one == pytest.approx(numbers[1])
        metric.reset_state()
        assert not metric.result().any()


def test_a_result_is_not_changed_by_the_next_batch():
    metric = metrics.TruePositives([0.1, 0.2])
    before = metric([1], [0.9])
    metric.update_state([1], [0.9])
    np.testing.assert_array_equal(before, [1, 1])


def test_roc_is_the_share_of_pairs_in_the_right_order():
    """With a threshold between all predictions; equal predictions count half."""
    y_true, y_pred = YES_NO[:, 0], (SHARES[:, 0] * 16 + 0.5) / 17
    yes, no = y_pred[y_true == 1], y_pred[y_true == 0]
    right = ((yes[:, None] > no).sum() + (yes[:, None] == no).sum() / 2) / (len(yes) * len(no))
    auc = metrics.AUC(num_thresholds=18)
    assert in_batches(auc, y_true, y_pred) == pytest.approx(right, rel=1e-12)
    by_hand = metrics.AUC(thresholds=RNG.permutation(np.arange(1, 17) / 17 + 0.01 * (np.arange(16) % 2)))
    assert not by_hand.is_even
    assert in_batches(by_hand, y_true, y_pred) == pytest.approx(right, rel=1e-12)
    lower = in_batches(metrics.AUC(18, summation_method="minoring"), y_true, y_pred)
    upper = in_batches(metrics.AUC(18, summation_method="majoring"), y_true, y_pred)
    assert lower < right < upper
    assert lower + upper == pytest.approx(2 * right)


@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
@pytest.mark.parametrize("method", ["interpolation", "majoring", "minoring"])
def test_areas_by_counting(curve, method):
    """Each point of the curve counted one by one, then the area summed piece by piece."""
    y_true, y_pred = YES_NO[:, 0], SHARES[:, 0]
    thresholds = [-1, 0.3, 0.5, 0.6, 2]
    points = np.array([counted(y_true, y_pred, t, WEIGHTS) for t in thresholds])
    area = 0.0
    for (tp, fp, tn, fn), (tp1, fp1, tn1, fn1) in itertools.pairwise(points):
        if curve == "PR" and method == "interpolation":
            steps = np.linspace(0, 1, 20001)
            true, false = tp1 + steps * (tp - tp1), fp1 + steps * (fp - fp1)
            precision = true[1:] / (true[1:] + false[1:])
            area += np.mean(precision) * (tp - tp1) / (tp + fn)
            continue
        (x, y), (x1, y1) = (point(curve, *numbers) for numbers in ((tp, fp, tn, fn), (tp1, fp1, tn1, fn1)))
        height = {"interpolation": (y + y1) / 2, "majoring": max(y, y1), "minoring": min(y, y1)}[method]
        area += (x - x1) * height
    metric = metrics.AUC(curve=curve.lower(), summation_method=method.title(), thresholds=thresholds[1:-1])
    found = in_batches(metric, y_true, y_pred, WEIGHTS)
    assert found == pytest.approx(area, rel=1e-3 if curve == "PR" and method == "interpolation" else 1e-12)


def point(curve, tp, fp, tn, fn):
    if curve == "ROC":
        return fp / (fp + tn), tp / (tp + fn)
    if curve == "PR":
        return tp / (tp + fn), tp / (tp + fp) if tp + fp else 0
    s = (tp + fn) / (tn + fp)
    return (max(0, 1 - s * fn / tp), 1 - s * fp / tp) if tp else (0, 1)


def test_labels_of_their_own():
    areas = [in_batches(metrics.AUC(), YES_NO[:, c], SHARES[:, c]) for c in range(C)]
    for known in ({}, {"num_labels": C}):
        each = metrics.AUC(multi_label=True, **known)
        assert in_batches(each, YES_NO, SHARES) == pytest.approx(np.mean(areas), rel=1e-12)
        each.reset_state()
        assert each.result() == 0
    weighted = metrics.AUC(multi_label=True, label_weights=[1, 2, 5])
    assert in_batches(weighted, YES_NO, SHARES) == pytest.approx(np.average(areas, weights=[1, 2, 5]))
    together = metrics.AUC(label_weights=[1, 0, 0])
    assert in_batches(together, YES_NO, SHARES) == pytest.approx(areas[0], rel=1e-12)


@pytest.mark.parametrize(
    "options", [{"num_thresholds": 5}, {"thresholds": [0.1, 0.7]}, {"multi_label": True}]
)
def test_not_a_number_is_never_called_positive(options):
    y_pred = SHARES.copy()
    y_pred[[1, 2], [0, 1]] = np.nan
    # Everything but the first threshold, which lies below 0, sees a 0 in the same way.
    ours, zeros = metrics.AUC(**options), metrics.AUC(**options)
    ours.update_state(YES_NO, y_pred)
    zeros.update_state(YES_NO, np.nan_to_num(y_pred))
    np.testing.assert_array_equal(ours.true_positives[1:], zeros.true_positives[1:])
    np.testing.assert_array_equal(ours.true_negatives[1:], zeros.true_negatives[1:])
    missed, spared = ours.false_negatives[0], ours.true_negatives[0]
    assert missed.sum() + spared.sum() == 2
    assert missed.sum() == YES_NO[[1, 2], [0, 1]].sum()


def test_logits():
    logits = np.log((SHARES + 0.01) / (1.02 - SHARES - 0.01))
    plain = in_batches(metrics.AUC(), YES_NO, 1 / (1 + np.exp(-logits)))
    assert in_batches(metrics.AUC(from_logits=True), YES_NO, logits) == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_f_scores(beta, threshold):
    shares = SHARES + np.arange(C) / 1000  # no two are equal
    called = shares > 0.5 if threshold else shares == shares.max(axis=1, keepdims=True)
    tp, fp, _, fn = np.array([counted(YES_NO[:, c], called[:, c], 0.5, WEIGHTS) for c in range(C)]).T
    scores = (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)
    tp_, fp_, fn_ = tp.sum(), fp.sum(), fn.sum()
    expected = {
        None: scores,
        "macro": scores.mean(),
        "weighted": np.average(scores, weights=tp + fn),
        "micro": (1 + beta**2) * tp_ / ((1 + beta**2) * tp_ + beta**2 * fn_ + fp_),
    }
    for average, score in expected.items():
        metric = metrics.FBetaScore(average, beta, threshold)
        np.testing.assert_allclose(in_batches(metric, YES_NO, shares, WEIGHTS), score, rtol=1e-6)
        if beta == 1:
            metric = metrics.F1Score(average, threshold)
            np.testing.assert_allclose(in_batches(metric, YES_NO, shares, WEIGHTS), score, rtol=1e-6)
        metric.reset_state()
        assert not np.any(metric.result())


def test_a_row_of_zeros_is_of_no_class():
    metric = metrics.F1Score()
    metric.update_state([[1, 0], [0, 1]], [[0.0, 0.0], [0.3, 0.3]])
    np.testing.assert_allclose(metric.result(), [0, 1], atol=1e-6)


def test_losses_as_metrics():
    y_true, y_pred = YES_NO.astype(float), SHARES * 0.9 + 0.05
    for name in (
        "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Hinge", "SquaredHinge",
        "CategoricalHinge", "KLDivergence", "Poisson",
    ):  # fmt: skip
        metric = getattr(metrics, name)()
        expected = getattr(losses, name)()(y_true, y_pred)
        # The hinges look at the labels of a whole batch: here all batches have zeros and ones only.
        assert in_batches(metric, y_true, y_pred) == pytest.approx(expected, rel=1e-12)
        assert metric.direction == "down"
    assert in_batches(metrics.LogCoshError(), y_true, y_pred) == pytest.approx(
        losses.LogCosh()(y_true, y_pred)
    )
    cosine = in_batches(metrics.CosineSimilarity(), y_true + 1, y_pred)
    assert cosine == pytest.approx(-losses.CosineSimilarity()(y_true + 1, y_pred))


def test_names():
    for name, cls in [
        ("AUC", metrics.AUC),
        ("auc", metrics.AUC),
        ("f1_score", metrics.F1Score),
        ("true_positives", metrics.TruePositives),
        ("kl_divergence", metrics.KLDivergence),
        ("mape", metrics.MeanAbsolutePercentageError),
        ("MSLE", metrics.MeanSquaredLogarithmicError),
    ]:
        assert isinstance(metrics.get(name), cls)
    assert metrics.AUC().name == "auc"
    assert metrics.kl_divergence is losses.kl_divergence


def test_training_saving_and_loading(tmp_path):
    x = RNG.normal(size=(N, 4))
    wanted = [
        metrics.AUC(curve="PR", thresholds=[0.3, 0.6], name="area"),
        metrics.AUC(multi_label=True, label_weights=[1, 2, 3], num_labels=C),
        metrics.F1Score("macro", 0.5),
        metrics.FBetaScore(beta=2.0),
        metrics.TruePositives(),
        metrics.FalseNegatives([0.2, 0.7]),
        metrics.CosineSimilarity(axis=1),
        "kl_divergence",
    ]
    model = Sequential([Input((4,)), layers.Dense(C, activation="sigmoid")])
    model.compile("sgd", "binary_focal_crossentropy", metrics=wanted)
    history = model.fit(x, YES_NO, epochs=2, verbose=0).history
    assert len(history["area"]) == 2
    assert history["fbeta_score"][1].shape == (C,)
    expected = model.evaluate(x, YES_NO, verbose=0, return_dict=True)
    predictions = model.predict(x, verbose=0)
    assert expected["true_positives"] == counted(YES_NO, predictions, 0.5)[0]
    model.save(tmp_path / "model.keras")
    read = models.load_model(tmp_path / "model.keras")
    found = read.evaluate(x, YES_NO, verbose=0, return_dict=True)
    assert list(found) == list(expected)
    for name, number in expected.items():
        np.testing.assert_array_equal(found[name], number)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.AUC(1), "`num_thresholds` must be an integer > 1. Received: num_thresholds=1"),
        (lambda: metrics.AUC(curve="lift"), "Invalid AUC curve value.*Received: 'lift'"),
        (lambda: metrics.AUC(summation_method="middle"), "Invalid AUC method value.*Received: 'middle'"),
        (lambda: metrics.AUC(thresholds=[0.5, 2]), r"between 0 and 1. Received: \[2.0\]"),
        (lambda: metrics.AUC(num_labels=2), "`num_labels` is needed only when `multi_label` is True"),
        (lambda: metrics.AUC(multi_label=True)([1], [0.5]), r"must have rank 2.*y_pred.shape=\(1,\)"),
        (
            lambda: metrics.AUC(multi_label=True, num_labels=3)(np.ones((1, 2)), np.ones((1, 2))),
            "Expected 3 labels",
        ),
        (lambda: metrics.AUC()(np.ones((2, 2)), np.ones((2, 3))), "labels and predictions of the same shape"),
        (lambda: metrics.TruePositives(1.5), r"between 0 and 1. Received: \[1.5\]"),
        (
            lambda: metrics.TruePositives()(np.ones(3), np.ones(3), np.ones((3, 3))),
            r"`sample_weight`.*Received: sample_weight.shape=\(3, 3\)",
        ),
        (lambda: metrics.FBetaScore(beta=1), "Python float > 0. Received: beta=1"),
        (lambda: metrics.FBetaScore(beta=-1.0), "Python float > 0. Received: beta=-1.0"),
        (lambda: metrics.FBetaScore("mean"), "Received: average=mean"),
        (lambda: metrics.F1Score(threshold=0.0), "0 < threshold <= 1. Received: threshold=0.0"),
        (lambda: metrics.F1Score()([1, 0], [0.5, 0.5]), r"expects 2D inputs.*y_pred.shape=\(2,\)"),
        (
            lambda: metrics.F1Score()(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3))),
            "Expected one weight per sample",
        ),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_another_number_of_classes():
    metric = metrics.F1Score()
    metric.update_state(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"Expected 3 classes. Received: 2"):
        metric.update_state(np.ones((2, 2)), np.ones((2, 2)))


def test_f_scores_do_not_depend_on_the_number_of_threads():
    """Not even outside of ``fit``, where BLAS has all of them."""
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, (200_000, 1)), rng.uniform(size=(200_000, 1))
    weights = rng.uniform(size=200_000)
    scores = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            scores.append(metrics.F1Score(threshold=0.5)(y_true, y_pred, weights))
    assert scores[0] == scores[1] == scores[2]


def test_weights_in_a_column():
    for shape in ((N,), (N, 1)):
        y_true, y_pred = YES_NO[:, :1].reshape(shape), SHARES[:, :1].reshape(shape)
        expected = metrics.TruePositives()(y_true, y_pred, WEIGHTS)
        assert metrics.TruePositives()(y_true, y_pred, WEIGHTS[:, None]) == expected
        assert expected == pytest.approx(counted(YES_NO[:, 0], SHARES[:, 0], 0.5, WEIGHTS)[0])
