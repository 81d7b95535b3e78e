"""What is counted of yes/no answers: true and false positives, true and false negatives."""

from collections.abc import Sequence

import numpy as np

from cnn_scratch.losses.reduction import squeeze_or_expand_to_same_rank
from cnn_scratch.metrics.metric import Metric

LEAST = -1e10  # below every prediction


class _Count(Metric):
    """A count, for one threshold or several; sample weights are counted instead of samples.

    Args:
        thresholds: predictions above it are positive, 0.5 by default; a list gives an array of results.
        name: see ``Metric``.
        dtype: see ``Metric``.

    Raises:
        ValueError: a threshold is not between 0 and 1.
    """

    def __init__(self, thresholds=None, name: str | None = None, dtype=None):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.thresholds = threshold_array(0.5 if thresholds is None else thresholds, self.float_dtype)
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels 0 or 1 and of predictions into account, one of each per sample or class."""
        y_true, y_pred, weights = weighted_answers(y_true, y_pred, sample_weight, self.float_dtype)
        for number, threshold in enumerate(self.thresholds):
            self.count[number] += weights[self._counts(y_true != 0, y_pred > threshold)].sum()

    def _counts(self, is_true: np.ndarray, is_called: np.ndarray) -> np.ndarray:
        """Return which answers count, from what is positive and what is called so."""
        raise NotImplementedError

    def result(self) -> float | np.ndarray:
        """Return the count so far; an array for several thresholds."""
        return float(self.count[0]) if len(self.count) == 1 else self.count.copy()

    def reset_state(self) -> None:
        """Forget everything."""
        self.count = np.zeros(len(self.thresholds))

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return super().get_config() | {"thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many positives are called positive; see ``_Count`` for the arguments.

    Example:
        >>> TruePositives()([0, 1, 1, 1], [0.7, 0.1, 0.8, 0.9])
        2.0
    """

    def _counts(self, is_true, is_called):
        return is_true & is_called


class FalsePositives(_Count):
    """How many negatives are called positive; see ``_Count`` for the arguments.

    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0.7, 0.1, 0.8, 0.2])
        2.0
    """

    def _counts(self, is_true, is_called):
        return ~is_true & is_called


class TrueNegatives(_Count):
    """How many negatives are called negative; see ``_Count`` for the arguments.

    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [0.7, 0.1, 0.8, 0.2])
        1.0
    """

    def _counts(self, is_true, is_called):
        return ~is_true & ~is_called


class FalseNegatives(_Count):
    """How many positives are called negative; see ``_Count`` for the arguments.

    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0.7, 0.1, 0.8, 0.9])
        1.0
    """

    def _counts(self, is_true, is_called):
        return is_true & ~is_called


def threshold_array(thresholds: float | Sequence[float], dtype: str) -> np.ndarray:
    """Return one threshold or several as an array.

    Raises:
        ValueError: one is not between 0 and 1 (nor ``LEAST``).
    """
    array = np.atleast_1d(np.asarray(thresholds, dtype))
    wrong = [float(t) for t in array if not 0 <= t <= 1 and t != array.dtype.type(LEAST)]
    if wrong:
        raise ValueError(
            f"Invalid values for argument `thresholds`. Expected numbers between 0 and 1. Received: {wrong}"
        )
    return array


def weighted_answers(y_true, y_pred, sample_weight, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, predictions and weights of one shape.

    Args:
        y_true: labels, (N, …).
        y_pred: predictions, (N, …).
        sample_weight: one per sample, or of the first axes of the predictions, or ``None``.
        dtype: of the predictions.

    Raises:
        ValueError: the shapes do not fit.
    """
    y_true, y_pred = squeeze_or_expand_to_same_rank(np.asarray(y_true), np.asarray(y_pred, dtype))
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"Expected labels and predictions of the same shape. Received: {y_true.shape} and {y_pred.shape}"
        )
    if sample_weight is None:
        return y_true, y_pred, np.ones(y_pred.shape)
    given = np.asarray(sample_weight, np.float64)
    if given.ndim == y_pred.ndim + 1 and given.shape[-1] == 1:
        given = given[..., 0]
    try:
        aligned = given.reshape(given.shape + (1,) * (y_pred.ndim - given.ndim))
        return y_true, y_pred, np.broadcast_to(aligned, y_pred.shape)
    except ValueError:
        raise ValueError(
            "Expected `sample_weight` to have one weight per sample, or a shape that can be broadcast to the "
            f"predictions. Received: sample_weight.shape={given.shape}, y_pred.shape={y_pred.shape}"
        ) from None
