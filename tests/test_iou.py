"""Intersection over union: by its definition, set by set, and what is left out of it."""

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, metrics, models

RNG = np.random.default_rng(9)
LABELS = RNG.integers(0, 3, (4, 5, 6))
MAPS = np.where(RNG.random(LABELS.shape) < 0.6, LABELS, RNG.integers(0, 3, LABELS.shape))
WEIGHTS = RNG.uniform(0.5, 2, LABELS.shape)


def by_sets(labels, maps, wanted, weights=None):
    """Return the mean over classes of weight(A ∩ B) / weight(A ∪ B), for the classes with a union."""
    weights = np.ones(labels.shape) if weights is None else weights
    shares = []
    for number in wanted:
        a, b = labels == number, maps == number
        if (a | b).any():
            shares.append(weights[a & b].sum() / weights[a | b].sum())
    return np.mean(shares)


def in_batches(metric, *arrays):
    for start in range(0, 4, 3):
        metric.update_state(*(array[start : start + 3] for array in arrays))
    return metric.result()


def one_hot(numbers):
    return np.eye(3)[numbers]


@pytest.mark.parametrize("weights", [[], [WEIGHTS]], ids=["plain", "weighted"])
def test_equals_the_definition(weights):
    soft = one_hot(MAPS) * 0.5 + RNG.uniform(0, 0.4, (*MAPS.shape, 3))
    for metric, labels, maps, wanted in (
        (metrics.IoU(3, [0, 2]), LABELS, MAPS, [0, 2]),
        (metrics.IoU(3, (1,), sparse_y_pred=False), LABELS, soft, [1]),
        (metrics.MeanIoU(3), LABELS, MAPS, [0, 1, 2]),
        (metrics.MeanIoU(5), LABELS, MAPS, [0, 1, 2, 3, 4]),  # two classes are not there
        (metrics.OneHotIoU(3, [2]), one_hot(LABELS), soft, [2]),
        (metrics.OneHotMeanIoU(3, sparse_y_pred=True), one_hot(LABELS), MAPS, [0, 1, 2]),
        (metrics.MeanIoU(3, sparse_y_pred=False, axis=1), LABELS, np.moveaxis(soft, -1, 1), [0, 1, 2]),
    ):
        expected = by_sets(LABELS, MAPS, wanted, *weights)
        assert in_batches(metric, labels, maps, *weights) == pytest.approx(expected, rel=1e-6)
        assert isinstance(metric.result(), float)
        metric.reset_state()
        assert metric.result() == 0


def test_yes_and_no():
    shares = RNG.integers(0, 9, LABELS.shape) / 8  # some are equal to the threshold, which is a yes
    labels = LABELS % 2
    for targets in ([0], [1], (0, 1)):
        metric = metrics.BinaryIoU(targets, threshold=0.25)
        expected = by_sets(labels, (shares >= 0.25).astype(int), targets)
        assert in_batches(metric, labels, shares) == pytest.approx(expected, rel=1e-6)


def test_pixels_that_do_not_count():
    labels = LABELS.copy()
    labels[0, 0], labels[1, 1] = 255, -1
    counts = (labels >= 0) & (labels < 3)
    expected = by_sets(labels[counts], MAPS[counts], [0, 1, 2])
    assert metrics.MeanIoU(3)(labels, MAPS) == pytest.approx(expected, rel=1e-6)
    counts &= labels != 1
    expected = by_sets(labels[counts], MAPS[counts], [0, 1, 2])
    assert metrics.MeanIoU(3, ignore_class=1)(labels, MAPS) == pytest.approx(expected, rel=1e-6)


def test_one_weight_per_image():
    weights = np.array([1.0, 0.0, 2.0, 0.5])
    spread = np.broadcast_to(weights[:, None, None], LABELS.shape)
    expected = metrics.MeanIoU(3)(LABELS, MAPS, spread)
    assert metrics.MeanIoU(3)(LABELS, MAPS, weights) == expected
    assert metrics.MeanIoU(3)(LABELS, MAPS, 0.5) == pytest.approx(metrics.MeanIoU(3)(LABELS, MAPS), rel=1e-6)
    assert metrics.MeanIoU(3)(LABELS[..., None], MAPS) == metrics.MeanIoU(3)(LABELS, MAPS)


def test_training_saving_and_loading(tmp_path):
    model = Sequential([Input((5, 6, 2)), layers.Conv2D(3, 3, padding="same", activation="softmax")])
    wanted = [
        metrics.MeanIoU(3, sparse_y_pred=False),
        metrics.IoU(3, [1], "second", ignore_class=0, sparse_y_pred=False),
    ]
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=wanted)
    x = RNG.normal(size=(4, 5, 6, 2)).astype("float32")
    logs = model.fit(x, LABELS, verbose=0).history
    assert list(logs) == ["loss", "mean_io_u", "second"]
    results = model.evaluate(x, LABELS, verbose=0)
    maps = model.predict(x).argmax(-1)
    assert results[1] == pytest.approx(by_sets(LABELS, maps, [0, 1, 2]), rel=1e-6)
    model.save(tmp_path / "model.keras")
    assert models.load_model(tmp_path / "model.keras").evaluate(x, LABELS, verbose=0) == results


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.IoU(2, [0, 2]), r"Target class id 2 is out of range, which is \[0, 2\). Received"),
        (lambda: metrics.MeanIoU(2)(np.ones((2, 3)), np.ones((2, 3, 2))), "set `sparse_y_pred=False`"),
        (
            lambda: metrics.MeanIoU(2)(np.ones((2, 3)), np.ones((2, 3)), np.ones(3)),
            r"one weight per pixel.*sample_weight.shape=\(3,\), y_true.shape=\(2, 3\)",
        ),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()
