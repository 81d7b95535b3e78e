"""Focal, hinge, robust and relative losses, divergences, and what is counted, measured like the layers."""

from collections.abc import Iterator

import keras
import numpy as np

from cnn_scratch import metrics
from cnn_scratch.reference import losses as definitions
from tests.correctness.case import CASES, pick
from tests.correctness.measure import Row
from tests.correctness.training_rows import DTYPES, beside_keras, rng_of, slope_error
from tests.parity.compare import relative_error

# name: labels, predictions, the definition, and options with the arguments of the definition
LOSSES = {
    "BinaryFocalCrossentropy": (
        "binary",
        "share",
        "binary_focal_crossentropy",
        [
            ({}, {}),
            ({"gamma": 1.5}, {"gamma": 1.5}),
            ({"apply_class_balancing": True}, {"alpha": 0.25}),
            ({"from_logits": True}, {}),
        ],
    ),
    "CategoricalFocalCrossentropy": (
        "one_hot",
        "share",
        "categorical_focal_crossentropy",
        [({}, {}), ({"gamma": 1.5, "alpha": 0.5}, {"gamma": 1.5, "alpha": 0.5}), ({"from_logits": True}, {})],
    ),
    "Hinge": ("sign", "number", "hinge", [({}, {})]),
    "SquaredHinge": ("sign", "number", "squared_hinge", [({}, {})]),
    "CategoricalHinge": ("one_hot", "number", "categorical_hinge", [({}, {})]),
    "KLDivergence": ("distribution", "share", "kl_divergence", [({}, {})]),
    "Poisson": ("count", "share", "poisson", [({}, {})]),
    "Huber": ("number", "number", "huber", [({}, {}), ({"delta": 2.5}, {"delta": 2.5})]),
    "LogCosh": ("number", "number", "log_cosh", [({}, {})]),
    "MeanAbsolutePercentageError": ("number", "number", "mean_absolute_percentage_error", [({}, {})]),
    "MeanSquaredLogarithmicError": ("count", "number", "mean_squared_logarithmic_error", [({}, {})]),
    "CosineSimilarity": ("number", "number", "cosine_similarity", [({}, {})]),
    "Dice": ("binary", "share", "dice", [({"axis": -1}, {"axis": -1})]),
    "Tversky": (
        "binary",
        "share",
        "tversky",
        [({"axis": -1, "alpha": 0.25, "beta": 0.75}, {"axis": -1, "alpha": 0.25, "beta": 0.75})],
    ),
}


def loss_rows() -> Iterator[Row]:
    for name, (_, _, _, all_options) in LOSSES.items():
        for options, arguments in all_options:
            for weighted in (False, True):
                option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
                for dtype in DTYPES:
                    row = Row(name, option + ", sample_weight" * weighted, dtype)
                    rng = rng_of(name, row.option)
                    for _ in range(CASES):
                        measure_loss(row, rng, name, options, arguments, weighted)
                    yield row


def measure_loss(row, rng, name, options, arguments, weighted):
    labels_kind, predictions_kind, definition, _ = LOSSES[name]
    shape = (rng.integers(1, 7), *pick(rng, (), (3,)), rng.integers(2, 7))
    y_true, y_pred = labels(rng, labels_kind, shape), predictions(rng, predictions_kind, shape, options)
    weights = rng.uniform(0.5, 2, shape[:-1]) if weighted else None
    y_pred = y_pred.astype(row.dtype)
    loss, value, gradient = beside_keras(row, name, options, y_true, y_pred, weights)
    rows = y_pred.astype(float).reshape(-1, shape[-1])
    if options.get("from_logits"):
        rows = definitions.softmax(rows) if name.startswith("Categorical") else 1 / (1 + np.exp(-rows))
    values = getattr(definitions, definition)(y_true.reshape(rows.shape), rows, **arguments)
    by_definition = (values * (1 if weights is None else weights.reshape(-1))).mean()
    row.add("NumPy", {"outputs": relative_error(value, by_definition)})
    if row.dtype == "float64":
        direction = rng.normal(size=shape)
        row.add("differences", {"inputs": slope_error(loss, y_true, y_pred, weights, direction, gradient)})
    row.cases += 1


def labels(rng, kind, shape):
    if kind == "number":
        # Away from 0: there a percentage has no meaning.
        return rng.normal(size=shape) + pick(rng, -4, 4)
    return {
        "binary": lambda: rng.integers(0, 2, shape),
        "sign": lambda: 2 * rng.integers(0, 2, shape) - 1,
        "one_hot": lambda: np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])],
        "distribution": lambda: rng.dirichlet(np.ones(shape[-1]), shape[:-1]),
        "count": lambda: rng.integers(0, 5, shape),
    }[kind]()


def predictions(rng, kind, shape, options):
    if kind == "number" or options.get("from_logits"):
        return 3 * rng.normal(size=shape)
    return rng.uniform(0.05, 0.95, shape)


# Metrics --------------------------------------------------------------------------------------

# Keras adds the counts behind all but the F-scores in float32, whatever the metric's dtype.
METRICS_IN_FLOAT64 = ("F1Score", "FBetaScore")

METRICS = {
    "TruePositives": [{}, {"thresholds": [0.3, 0.7]}],
    "FalsePositives": [{}, {"thresholds": [0.3, 0.7]}],
    "TrueNegatives": [{}, {"thresholds": [0.3, 0.7]}],
    "FalseNegatives": [{}, {"thresholds": [0.3, 0.7]}],
    "AUC": [
        {},
        {"curve": "PR"},
        {"curve": "PR", "summation_method": "majoring"},
        {"curve": "PRGAIN"},
        {"summation_method": "minoring"},
        {"thresholds": [0.2, 0.3, 0.6]},
        {"multi_label": True},
        {"from_logits": True},
    ],
    "F1Score": [{}, {"average": "macro"}, {"average": "micro", "threshold": 0.5}],
    "FBetaScore": [{"beta": 2.0, "average": "weighted", "threshold": 0.5}],
}


def metric_rows() -> Iterator[Row]:
    for name, all_options in METRICS.items():
        for options in all_options:
            option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
            for dtype in DTYPES if name in METRICS_IN_FLOAT64 else ("float32",):
                row = Row(name, option, dtype)
                rng = rng_of(name, option)
                for number in range(CASES):
                    classes = int(rng.integers(2, 6))
                    ours = getattr(metrics, name)(**options)
                    theirs = getattr(keras.metrics, name)(**options, dtype=dtype)
                    for _ in range(3):
                        shape = (rng.integers(1, 20), classes)
                        weights = rng.uniform(0.5, 2, shape[0]).astype(dtype) if number % 2 else None
                        batch = rng.integers(0, 2, shape), rng.uniform(size=shape).astype("float32"), weights
                        ours.update_state(*batch)
                        theirs.update_state(*batch)
                    row.add("Keras", {"outputs": relative_error(ours.result(), np.array(theirs.result()))})
                    row.cases += 1
                yield row


# name: options, whether labels and predictions have one number per class
AREAS = {
    "BinaryIoU": [({}, (False, False)), ({"target_class_ids": [1], "threshold": 0.3}, (False, False))],
    "IoU": [({"num_classes": 4, "target_class_ids": [0, 2]}, (False, False))],
    "MeanIoU": [
        ({"num_classes": 4, "sparse_y_pred": False}, (False, True)),
        ({"num_classes": 3, "ignore_class": 1}, (False, False)),
    ],
    "OneHotIoU": [({"num_classes": 4, "target_class_ids": [1]}, (True, True))],
    "OneHotMeanIoU": [({"num_classes": 4}, (True, True))],
}


def area_rows() -> Iterator[Row]:
    """Maps of four classes; a metric of two or three classes leaves the other pixels out."""
    for name, all_options in AREAS.items():
        for options, per_class in all_options:
            option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
            row = Row(name, option, "float32")
            rng = rng_of(name, option)
            for number in range(CASES):
                ours = getattr(metrics, name)(**options, dtype="float32")
                theirs = getattr(keras.metrics, name)(**options, dtype="float32")
                for _ in range(3):
                    shape = (int(rng.integers(1, 4)), 5, 6)
                    y_true, y_pred = (
                        rng.uniform(size=(*shape, 4)) if spread else rng.integers(0, 4, shape)
                        for spread in per_class
                    )
                    if name == "BinaryIoU":
                        y_true, y_pred = rng.integers(0, 2, shape), rng.integers(0, 17, shape) / 16
                    weights = rng.uniform(0.5, 2, shape).astype("float32") if number % 2 else None
                    ours.update_state(y_true, y_pred, weights)
                    theirs.update_state(y_true, y_pred, weights)
                row.add("Keras", {"outputs": relative_error(ours.result(), np.array(theirs.result()))})
                row.cases += 1
            yield row


ALL = {
    "Focal, hinge, robust and relative losses, and divergences": loss_rows,
    "What is counted: positives and negatives, areas, F-scores": metric_rows,
    "Areas that overlap: intersection over union": area_rows,
}
