"""Losses for which the size of a number matters less: percentages, logarithms and directions."""

import numpy as np

from cnn_scratch.losses.loss import Loss
from cnn_scratch.losses.regression import check_labels_fit, errors_of, mean_backward
from cnn_scratch.losses.stable import EPSILON


class MeanAbsolutePercentageError(Loss):
    """The mean over the last axis of the error in percent of the label, with D its length::

        loss          = 100 · Σ |y_pred − y_true| / s / D    s = max(|y_true|, 1e-7)
        ∂loss/∂y_pred = 100 · sign(y_pred − y_true) / s / D        sign(0) = 0

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        50 % and 10 %

        >>> round(MeanAbsolutePercentageError()([[2.0, 10.0]], [[3.0, 9.0]]), 4)
        30.0

    The readable definition is ``cnn_scratch.reference.losses.mean_absolute_percentage_error``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean percentage along the last axis."""
        errors = errors_of(y_true, y_pred)
        scale = np.maximum(np.abs(y_true.astype(y_pred.dtype, copy=False)), errors.dtype.type(EPSILON))
        return 100 * np.abs(errors / scale).mean(axis=-1), None, (errors, scale)

    def losses_backward(self, grad_values, cache):
        """Return 100·sign(error) / s / D, weighted."""
        errors, scale = cache
        return 100 * mean_backward(grad_values, errors) * np.sign(errors) / scale


class MeanSquaredLogarithmicError(Loss):
    """The mean over the last axis of the squared difference of logarithms, with D its length::

        loss          = Σ (log(u + 1) − log(t + 1))² / D    u = max(y_pred, 1e-7)    t = max(y_true, 1e-7)
        ∂loss/∂y_pred = 2·(log(u + 1) − log(t + 1)) / (u + 1) / D, and 0 where y_pred < 1e-7

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        (log 2)² / 2

        >>> round(MeanSquaredLogarithmicError()([[0.0, 3.0]], [[1.0, 3.0]]), 4)
        0.2402

    The readable definition is ``cnn_scratch.reference.losses.mean_squared_logarithmic_error``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of the squared differences along the last axis."""
        check_labels_fit(y_true, y_pred)
        low = y_pred.dtype.type(EPSILON)
        larger = np.maximum(y_pred, low) + 1
        labels = np.maximum(y_true.astype(y_pred.dtype, copy=False), low) + 1
        errors = np.log(larger) - np.log(labels)
        return np.square(errors).mean(axis=-1), None, (errors, larger, y_pred >= low)

    def losses_backward(self, grad_values, cache):
        """Return 2·difference / (u + 1) / D, weighted."""
        errors, larger, inside = cache
        return np.where(inside, 2 * mean_backward(grad_values, errors) * errors / larger, 0)


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between labels t and predictions y: −1 for the same direction::

        t̂ = t / |t|    ŷ = y / |y|    loss = −Σ t̂·ŷ
        ∂loss/∂y = (ŷ·(Σ t̂·ŷ) − t̂) / |y|       the part of −t̂ across y: length does not matter

    A length below 1e-7 is taken for 1e-7, so nothing is divided by zero; ŷ is then y·10⁷, and the
    gradient −t̂·10⁷.

    Args:
        axis: the axis of the vectors.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_pred`` (N, …, D); ``y_true`` the same, or with axes of length 1 that are repeated; one
        loss per sample: (N, …).

    Example:
        >>> round(CosineSimilarity()([[3.0, 4.0]], [[1.0, 0.0]]), 4)
        -0.6

    The readable definition is ``cnn_scratch.reference.losses.cosine_similarity``.
    """

    def __init__(self, axis: int = -1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def losses_forward(self, y_true, y_pred):
        """Return −Σ t̂·ŷ along the axis."""
        check_labels_fit(y_true, y_pred)
        targets, _, _ = _unit(y_true.astype(y_pred.dtype, copy=False), self.axis)
        directions, factors, is_long = _unit(y_pred, self.axis)
        cosines = (targets * directions).sum(axis=self.axis, keepdims=True)
        return -cosines.squeeze(self.axis), None, (targets, directions, factors, is_long, cosines)

    def losses_backward(self, grad_values, cache):
        """Return (ŷ·(Σ t̂·ŷ) − t̂) / |y|, weighted."""
        targets, directions, factors, is_long, cosines = cache
        # forward: directions = y_pred · factors, and the factors depend on y_pred where it is long enough
        across = np.where(is_long, directions * cosines, 0) - targets
        return np.expand_dims(grad_values, self.axis) * across * factors

    def get_config(self):
        """Return the arguments of ``__init__``; Keras leaves out ``axis``, and so forgets it in files."""
        return {**super().get_config(), "axis": self.axis}


def mean_absolute_percentage_error(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``MeanAbsolutePercentageError``."""
    return MeanAbsolutePercentageError(reduction="none")(y_true, y_pred)


def mean_squared_logarithmic_error(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``MeanSquaredLogarithmicError``."""
    return MeanSquaredLogarithmicError(reduction="none")(y_true, y_pred)


def cosine_similarity(y_true, y_pred, axis=-1) -> np.ndarray:
    """Return one loss per sample; see ``CosineSimilarity``."""
    return CosineSimilarity(axis, reduction="none")(y_true, y_pred)


def _unit(vectors: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the vectors in length 1, the factors that made them so, and where they were long enough."""
    length = np.sqrt(np.square(vectors).sum(axis=axis, keepdims=True))
    factors = 1 / np.maximum(length, vectors.dtype.type(EPSILON))
    return vectors * factors, factors, length >= EPSILON
