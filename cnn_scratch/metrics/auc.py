"""The area under a curve that a moving threshold draws: ROC, precision and recall, or their gains."""

from collections.abc import Sequence

import numpy as np

from cnn_scratch.losses.stable import EPSILON, sigmoid
from cnn_scratch.metrics.confusion import threshold_array, weighted_answers
from cnn_scratch.metrics.metric import Metric

CURVES = ("ROC", "PR", "PRGAIN")
METHODS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """The area under a curve of yes/no answers, summed between a number of thresholds.

    For each threshold τ the predictions above τ are called positive. With TP, FP, TN and FN counted::

        "ROC"       x = FP / (FP + TN)        y = TP / (TP + FN)         false alarms and hits
        "PR"        x = TP / (TP + FN)        y = TP / (TP + FP)         recall and precision
        "PRGAIN"    x = 1 − s·FN / TP         y = 1 − s·FP / TP          with s = (TP + FN) / (TN + FP);
                    x is at least 0, and without TP x = 0 and y = 1      (Flach and Kull 2015)

        area = Σ (xᵢ − xᵢ₊₁) · height         between thresholds i and i + 1

    The height is the mean of yᵢ and yᵢ₊₁ (``"interpolation"``), the larger (``"majoring"``) or the
    smaller (``"minoring"``). Interpolated, "PR" is not a trapezoid: TP and FP go in a straight line from
    one threshold to the next, and precision between them does not (Davis and Goadrich 2006)::

        P = TP + FP      slope = ΔTP / ΔP      a = TPᵢ₊₁ − slope·Pᵢ₊₁
        area = Σ slope · (ΔTP + a·log(Pᵢ / Pᵢ₊₁)) / (TPᵢ₊₁ + FNᵢ₊₁)

    Args:
        num_thresholds: how many thresholds; they lie evenly from 0 to 1, a little outside at both ends.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"``, ``"majoring"`` or ``"minoring"``.
        name: see ``Metric``.
        dtype: see ``Metric``.
        thresholds: those between 0 and 1, instead of ``num_thresholds``.
        multi_label: whether each column is a curve of its own; the result is then the mean area.
        num_labels: the number of columns, if ``multi_label``.
        label_weights: the weights of the columns, in the mean of the areas or, without
            ``multi_label``, in the counts.
        from_logits: whether predictions are logits instead of probabilities.

    Raises:
        ValueError: an unknown curve or method, fewer than two thresholds, or one not between 0 and 1.

    Example:
        Of the four pairs of a yes and a no, the yes has the larger prediction in three.

        >>> auc = AUC(num_thresholds=11)
        >>> auc.update_state([0, 0, 1, 1], [0.05, 0.55, 0.35, 0.95])
        >>> round(auc.result(), 4)
        0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype=None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ):
        super().__init__(dtype, name)
        self.curve = _one_of(CURVES, str(curve).upper(), "curve", curve)
        self.summation_method = _one_of(METHODS, str(summation_method).lower(), "method", summation_method)
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self.init_thresholds = None
        if thresholds is not None:
            self.init_thresholds = sorted(float(t) for t in thresholds)
            threshold_array(self.init_thresholds, "float64")
            num_thresholds = len(self.init_thresholds) + 2
        if num_thresholds <= 1:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}"
            )
        self.num_thresholds = num_thresholds
        self.thresholds = np.linspace(0, 1, num_thresholds)
        self.is_even = True
        if self.init_thresholds is not None:
            even, self.thresholds = self.thresholds, np.array([0.0, *self.init_thresholds, 1.0])
            self.is_even = num_thresholds > 2 and np.allclose(self.thresholds, even, atol=EPSILON)
        self.thresholds[[0, -1]] += [-EPSILON, EPSILON]  # every prediction is above the first
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float64)
        self.from_logits = from_logits
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels 0 or 1 and of predictions into account, one of each per sample or class."""
        y_true, y_pred, weights = weighted_answers(y_true, y_pred, sample_weight, self.float_dtype)
        if self.from_logits:
            y_pred = sigmoid(y_pred)
        if self.multi_label:
            columns = self._number_of_columns(y_pred)
        else:
            columns = 1
            if self.label_weights is not None:
                weights = weights * self.label_weights
        buckets, is_true, weights = (
            array.reshape(-1, columns) for array in (self._buckets(y_pred), y_true != 0, weights)
        )
        true, false = (_above(buckets, weights * part, self.num_thresholds) for part in (is_true, ~is_true))
        self.true_positives = self.true_positives + true[1:]
        self.false_positives = self.false_positives + false[1:]
        self.true_negatives = self.true_negatives + (false[0] - false[1:])
        self.false_negatives = self.false_negatives + (true[0] - true[1:])

    def _buckets(self, y_pred: np.ndarray) -> np.ndarray:
        """Return for each prediction how many thresholds lie below it; below NaN, as in Keras, lies none."""
        is_number = ~np.isnan(y_pred)
        if self.is_even:
            # As Keras does it: a product and a ceiling instead of comparisons, in the dtype of the metric.
            steps = np.clip(np.where(is_number, y_pred, 0), 0, 1) * y_pred.dtype.type(self.num_thresholds - 1)
            below = np.maximum(np.ceil(steps), 1).astype(np.int64)
        else:
            below = np.searchsorted(self.thresholds.astype(y_pred.dtype), y_pred, side="left")
        return np.where(is_number, below, 0)

    def _number_of_columns(self, y_pred: np.ndarray) -> int:
        if y_pred.ndim != 2:
            raise ValueError(
                f"`y_pred` must have rank 2 when `multi_label=True`. Received: y_pred.shape={y_pred.shape}"
            )
        known = self.num_labels or (self.true_positives.shape[1] if self.true_positives.any() else None)
        if known not in (None, y_pred.shape[1]):
            raise ValueError(f"Expected {known} labels. Received: y_pred.shape={y_pred.shape}")
        return y_pred.shape[1]

    def result(self) -> float:
        """Return the area so far."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            pieces = self._interpolated_precision()
        else:
            x, y = self._points()
            combine = {"majoring": np.maximum, "minoring": np.minimum}.get(self.summation_method, _mean)
            pieces = (x[:-1] - x[1:]) * combine(y[:-1], y[1:])
        areas = pieces.sum(axis=0)
        if self.multi_label and self.label_weights is not None:
            return float(_ratio((areas * self.label_weights).sum(), self.label_weights.sum()))
        return float(areas.mean())

    def _points(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of the curve for each threshold."""
        tp, fp, tn, fn = self.true_positives, self.false_positives, self.true_negatives, self.false_negatives
        recall = _ratio(tp, tp + fn)
        if self.curve == "ROC":
            return _ratio(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, _ratio(tp, tp + fp)
        scale = _ratio(tp + fn, tn + fp)
        recall_gain = np.where(tp == 0, 0, 1 - scale * _ratio(fn, tp))
        return np.maximum(recall_gain, 0), np.where(tp == 0, 1, 1 - scale * _ratio(fp, tp))

    def _interpolated_precision(self) -> np.ndarray:
        """Return the areas between the thresholds, with TP and FP in straight lines."""
        tp, positives = self.true_positives, self.true_positives + self.false_positives
        rise = tp[:-1] - tp[1:]
        slope = _ratio(rise, np.maximum(positives[:-1] - positives[1:], 0))
        start = tp[1:] - slope * positives[1:]
        both = (positives[:-1] > 0) & (positives[1:] > 0)
        logarithm = np.log(np.where(both, positives[:-1], 1) / np.where(both, positives[1:], 1))
        return _ratio(slope * (rise + start * logarithm), tp[1:] + self.false_negatives[1:])

    def reset_state(self) -> None:
        """Forget everything."""
        shape = self.num_thresholds, 1  # broadcast to the labels, when something is counted
        self.true_positives, self.false_positives = np.zeros(shape), np.zeros(shape)
        self.true_negatives, self.false_negatives = np.zeros(shape), np.zeros(shape)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        if self.init_thresholds is not None:
            own["thresholds"] = self.init_thresholds
        return super().get_config() | own


def _above(buckets: np.ndarray, weights: np.ndarray, thresholds: int) -> np.ndarray:
    """Return the sum of all weights, and then the sums of those above each threshold.

    Args:
        buckets: (M, L), how many thresholds lie below.
        weights: (M, L).
        thresholds: T, the number of thresholds.

    Returns:
        (T + 1, L): row i is the sum of the weights with at least i thresholds below.
    """
    columns = buckets.shape[1]
    places = buckets * columns + np.arange(columns)
    sums = np.bincount(places.ravel(), weights.ravel(), (thresholds + 1) * columns)
    return sums.reshape(thresholds + 1, columns)[::-1].cumsum(axis=0)[::-1]


def _ratio(a, b) -> np.ndarray:
    """Return a / b, and 0 where b is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), b)
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def _mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a + b) / 2


def _one_of(allowed: Sequence[str], value: str, what: str, given) -> str:
    if value not in allowed:
        raise ValueError(f"Invalid AUC {what} value. Expected one of {list(allowed)}. Received: {given!r}")
    return value
