"""Means, sums, cosines, R², precision and recall, measured like the layers."""

from collections.abc import Iterator

import keras
import numpy as np

from cnn_scratch import metrics
from tests.correctness.case import CASES
from tests.correctness.measure import Row
from tests.correctness.training_rows import DTYPES, rng_of
from tests.parity.compare import relative_error

# name: what is shown to it, and options
METRICS = {
    "Mean": ("values", [{}]),
    "Sum": ("values", [{}]),
    "CosineSimilarity": ("numbers", [{}, {"axis": 1}]),
    "Precision": ("binary", [{}, {"thresholds": [0.3, 0.7]}, {"top_k": 2}, {"class_id": 1}]),
    "Recall": ("binary", [{}, {"thresholds": [0.3, 0.7]}, {"top_k": 2}, {"class_id": 1}]),
    "R2Score": (
        "numbers",
        [
            {},
            {"class_aggregation": None},
            {"class_aggregation": "variance_weighted_average"},
            {"num_regressors": 2},
        ],
    ),
}


def mean_rows() -> Iterator[Row]:
    """Three batches each, every second case with weights."""
    for name, (kind, all_options) in METRICS.items():
        for options in all_options:
            option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
            for dtype in DTYPES:
                row = Row(name, option, dtype)
                rng = rng_of(name, option)
                for number in range(CASES):
                    ours = getattr(metrics, name)(**options)
                    theirs = getattr(keras.metrics, name)(**options, dtype=dtype)
                    width = int(rng.integers(2, 6))
                    for _ in range(3):
                        batch = make_batch(rng, kind, (int(rng.integers(2, 20)), width), number % 2, dtype)
                        ours.update_state(*batch)
                        theirs.update_state(*batch)
                    row.add("Keras", {"outputs": relative_error(ours.result(), np.array(theirs.result()))})
                    row.cases += 1
                yield row


def make_batch(rng, kind, shape, weighted, dtype) -> tuple:
    """Return what one call of ``update_state`` is given."""
    weights = rng.uniform(0.5, 2, shape[0]).astype(dtype) if weighted else None
    if kind == "values":
        return 3 + rng.normal(size=shape).astype(dtype), weights  # whose sum is not nearly 0
    if kind == "binary":
        return rng.integers(0, 2, shape), rng.uniform(size=shape).astype("float32"), weights
    return *rng.normal(size=(2, *shape)).astype(dtype), weights


ALL = {"Means, sums, cosines, R², precision and recall": mean_rows}
