"""Precision and recall: of what was called positive, how much is; and of what is, how much was found."""

import numpy as np

from cnn_scratch.metrics.confusion import LEAST, threshold_array, weighted_answers
from cnn_scratch.metrics.metric import Metric


class _Share(Metric):
    """True positives as a share of something, for one threshold or several.

    Args:
        thresholds: predictions above it are positive, 0.5 by default; a list gives an array of results.
        top_k: only the k largest predictions of a sample may be positive.
        class_id: only this class counts, the last axis of labels and predictions.
        name: see ``Metric``.
        dtype: see ``Metric``.

    Raises:
        ValueError: a threshold is not between 0 and 1.
    """

    direction = "up"

    def __init__(self, thresholds=None, top_k: int | None = None, class_id=None, name=None, dtype=None):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        if thresholds is None:
            thresholds = 0.5 if top_k is None else LEAST
        self.thresholds = threshold_array(thresholds, self.float_dtype)
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels 0 or 1 and of predictions into account, one of each per sample or class."""
        y_true, y_pred, weights = weighted_answers(y_true, y_pred, sample_weight, self.float_dtype)
        if self.top_k is not None:
            y_pred = _largest(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred, weights = (a[..., self.class_id] for a in (y_true, y_pred, weights))
        is_true = y_true.astype(bool)
        for number, threshold in enumerate(self.thresholds):
            is_called = y_pred > threshold
            self.true_positives[number] += weights[is_true & is_called].sum()
            self.others[number] += weights[self._other(is_true, is_called)].sum()

    def _other(self, is_true: np.ndarray, is_called: np.ndarray) -> np.ndarray:
        """Return what is counted besides the true positives."""
        raise NotImplementedError

    def result(self) -> float | np.ndarray:
        """Return the share so far, 0 of nothing; an array for several thresholds."""
        total = self.true_positives + self.others
        shares = np.divide(self.true_positives, total, out=np.zeros_like(total), where=total > 0)
        return float(shares[0]) if len(shares) == 1 else shares

    def reset_state(self) -> None:
        """Forget everything."""
        self.true_positives, self.others = np.zeros((2, len(self.thresholds)))

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return super().get_config() | own


class Precision(_Share):
    """True positives as a share of all that was called positive; see ``_Share`` for the arguments.

    Example:
        Three are called positive, two of them are.

        >>> precision = Precision()
        >>> precision.update_state([0, 1, 1, 1], [0.7, 0.1, 0.8, 0.9])
        >>> round(precision.result(), 4)
        0.6667
    """

    def _other(self, is_true, is_called):
        return ~is_true & is_called


class Recall(_Share):
    """True positives as a share of all that is positive; see ``_Share`` for the arguments.

    Example:
        Three are positive, two of them are found.

        >>> recall = Recall()
        >>> recall.update_state([0, 1, 1, 1], [0.7, 0.1, 0.8, 0.9])
        >>> round(recall.result(), 4)
        0.6667
    """

    def _other(self, is_true, is_called):
        return is_true & ~is_called


def _largest(predictions: np.ndarray, k: int) -> np.ndarray:
    """Return the k largest predictions along the last axis, and ``LEAST`` for the others."""
    kept = np.argsort(-predictions, axis=-1, kind="stable")[..., :k]
    largest = np.full_like(predictions, LEAST)
    np.put_along_axis(largest, kept, np.take_along_axis(predictions, kept, -1), -1)
    return largest
