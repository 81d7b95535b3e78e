"""F-scores: precision and recall in one number, for each class or together."""

import numpy as np

from cnn_scratch.kernels.blas import product
from cnn_scratch.losses.stable import EPSILON
from cnn_scratch.metrics.metric import Metric


class FBetaScore(Metric):
    """The weighted harmonic mean of precision p and recall r::

        p = TP / (TP + FP)    r = TP / (TP + FN)    F = (1 + β²)·p·r / (β²·p + r)

    (1e-7 is added to each denominator, as in Keras: a class that never comes has the score 0.)

    Args:
        average: ``None`` gives an array of one score per class, ``"micro"`` counts all classes together,
            ``"macro"`` is the mean of the classes and ``"weighted"`` that by how often each one is there.
        beta: β, a float: how many times as much recall counts as precision.
        threshold: predictions above it are positive; ``None`` takes the largest of each sample.
        name: see ``Metric``.
        dtype: see ``Metric``.

    Raises:
        ValueError: another ``average``, or ``beta`` or ``threshold`` is no float above 0 (and at most 1).

    Example:
        >>> metric = FBetaScore(beta=2.0, threshold=0.5)
        >>> metric.update_state([[1, 1, 1], [1, 0, 0], [1, 1, 0]],
        ...                     [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
        >>> metric.result().round(4).tolist()
        [0.3846, 0.9091, 0.8333]
    """

    direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype=None,
    ):
        super().__init__(dtype, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', 'weighted'}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float > 0. "
                f"Received: beta={beta} of type '{type(beta)}'"
            )
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float, 0 < threshold <= 1. "
                f"Received: threshold={threshold} of type '{type(threshold)}'"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._counts = np.zeros((3, 1))

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels and predictions into account.

        Args:
            y_true: 0 or 1, (N, C).
            y_pred: predictions, (N, C).
            sample_weight: (N,) or ``None``.

        Raises:
            ValueError: the shapes do not fit.
        """
        y_true, y_pred = np.asarray(y_true, np.float64), np.asarray(y_pred, self.float_dtype)
        if y_true.ndim != 2 or y_true.shape != y_pred.shape:
            raise ValueError(
                "FBetaScore expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={y_pred.shape} and y_true.shape={y_true.shape}."
            )
        if self._counts.shape[1] not in (1, y_pred.shape[1]):
            raise ValueError(f"Expected {self._counts.shape[1]} classes. Received: {y_pred.shape[1]}")
        if self.threshold is None:
            # Not every class of a row of zeros.
            called = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            called = y_pred > self.threshold
        weights = np.ones(len(y_pred)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        if weights.shape not in ((len(y_pred),), (len(y_pred), 1)):
            raise ValueError(f"Expected one weight per sample. Received: sample_weight.shape={weights.shape}")
        parts = called * y_true, called * (1 - y_true), ~called * y_true
        self._counts = self._counts + np.stack([product(weights.reshape(-1), part) for part in parts])

    def result(self) -> float | np.ndarray:
        """Return the score so far, or an array of one per class."""
        counts = self._counts.sum(axis=1, keepdims=True) if self.average == "micro" else self._counts
        true_positives, false_positives, false_negatives = counts
        precision = true_positives / (true_positives + false_positives + EPSILON)
        recall = true_positives / (true_positives + false_negatives + EPSILON)
        square = self.beta**2
        scores = (1 + square) * precision * recall / (square * precision + recall + EPSILON)
        if self.average is None:
            return scores
        if self.average == "weighted":
            support = true_positives + false_negatives
            return float((scores * support).sum() / (support.sum() + EPSILON))
        return float(scores.mean())

    def reset_state(self) -> None:
        """Forget everything but the number of classes."""
        self._counts = np.zeros_like(self._counts)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return super().get_config() | own


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall; see ``FBetaScore``, with β = 1.

    Example:
        >>> round(F1Score("micro", threshold=0.5)([[1, 0], [1, 1]], [[0.9, 0.8], [0.2, 0.7]]), 4)
        0.6667
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype=None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        config = super().get_config()
        del config["beta"]
        return config
