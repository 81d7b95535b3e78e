"""R²: which part of the variation of the labels the predictions explain."""

import warnings

import numpy as np

from cnn_scratch.losses.reduction import squeeze_or_expand_to_same_rank
from cnn_scratch.metrics.metric import Metric

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """The coefficient of determination, for each output::

        R² = 1 − Σ w·(y_true − y_pred)² / Σ w·(y_true − mean)²        mean = Σ w·y_true / Σ w

    1 is perfect, 0 is what the mean of the labels would get. Labels that never vary, and are not hit, have 0.

    Args:
        class_aggregation: ``"uniform_average"`` is the mean of the outputs, ``"variance_weighted_average"``
            that by the variation of each, ``None`` gives an array of one score per output.
        num_regressors: p for the adjusted score 1 − (1 − R²)·(n − 1)/(n − p − 1), where n counts every number
            of the labels, as in Keras; 0 for R² itself.
        name: see ``Metric``.
        dtype: see ``Metric``.

    Raises:
        ValueError: another ``class_aggregation``, or ``num_regressors`` below 0.

    Example:
        The labels 1, 4, 3 have the mean 8/3 and vary by 14/3; the predictions miss them by 1 + 0 + 1:

        >>> metric = R2Score()
        >>> metric.update_state([[1], [4], [3]], [[2], [4], [4]])
        >>> round(metric.result(), 4)          # 1 − 2 / (14/3)
        0.5714
    """

    direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype=None,
    ):
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {AGGREGATIONS}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels and predictions into account.

        Args:
            y_true, y_pred: (N, D).
            sample_weight: (N,), (N, D) or a number, or ``None``.

        Raises:
            ValueError: the shapes do not fit.
        """
        y_true, y_pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        if y_true.ndim != 2 or y_true.shape != y_pred.shape:
            raise ValueError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={y_pred.shape} and y_true.shape={y_true.shape}."
            )
        if self._sums.shape[1] != y_pred.shape[1] and self._numbers:
            raise ValueError(f"Expected {self._sums.shape[1]} outputs. Received: {y_pred.shape[1]}")
        weights = np.asarray(1.0 if sample_weight is None else sample_weight, np.float64)
        weights = np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, y_true.shape)
        if self._numbers == 0 and y_true.size:
            self._origin = y_true[0].copy()
        # Counted from the first label, labels that are all the same have a variation of exactly 0.
        labels = y_true - self._origin
        parts = weights, weights * labels, weights * labels**2, weights * (y_true - y_pred) ** 2
        self._sums = self._sums + np.stack([part.sum(axis=0) for part in parts])
        self._numbers += y_true.size

    def result(self) -> float | np.ndarray:
        """Return the score so far, or an array of one per output."""
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing seen is NaN, as in Keras
            count, total, squares, errors = self._sums
            variation = squares - total * (total / count)
            scores = 1 - errors / variation
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation == "uniform_average":
                scores = scores.mean()
            elif self.class_aggregation == "variance_weighted_average":
                scores = (variation * scores).sum() / variation.sum()
        scores = self._adjusted(scores)
        return scores if self.class_aggregation is None else float(scores)

    def _adjusted(self, scores):
        left = self._numbers - self.num_regressors - 1
        if self.num_regressors == 0:
            return scores
        if left <= 0:
            warnings.warn(
                "Expected more labels than `num_regressors` + 1 for the adjusted R2 score. Falling back to "
                "the standard R2 score. "
                f"Received: {self._numbers} labels, num_regressors={self.num_regressors}",
                stacklevel=3,
            )
            return scores
        return 1 - (1 - scores) * (self._numbers - 1) / left

    def reset_state(self) -> None:
        """Forget everything."""
        self._sums = np.zeros((4, 1))  # of weights, weighted labels, their squares and squared errors
        self._numbers = 0
        self._origin = 0.0

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return super().get_config() | own
