"""Losses for predicted numbers: mean squared and mean absolute error."""

import numpy as np

from cnn_scratch.losses.loss import Loss


class MeanSquaredError(Loss):
    """The mean over the last axis of the squared error, with D its length::

        loss          = Σ (y_pred − y_true)² / D
        ∂loss/∂y_pred = 2·(y_pred − y_true) / D

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_pred`` (N, …, D); ``y_true`` the same, or with axes of length 1 that are repeated; one
        loss per sample: (N, …).

    Example:
        >>> MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
        0.5

    The readable definition is ``cnn_scratch.reference.losses.mean_squared_error``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of the squared errors along the last axis."""
        errors = errors_of(y_true, y_pred)
        return np.square(errors).mean(axis=-1), None, errors

    def losses_backward(self, grad_values, cache):
        """Return 2·error / D, weighted."""
        errors = cache
        return 2 * mean_backward(grad_values, errors) * errors


class MeanAbsoluteError(Loss):
    """The mean over the last axis of the absolute error, with D its length::

        loss          = Σ |y_pred − y_true| / D
        ∂loss/∂y_pred = sign(y_pred − y_true) / D        sign(0) = 0

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
        0.5

    The readable definition is ``cnn_scratch.reference.losses.mean_absolute_error``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of the absolute errors along the last axis."""
        errors = errors_of(y_true, y_pred)
        return np.abs(errors).mean(axis=-1), None, errors

    def losses_backward(self, grad_values, cache):
        """Return sign(error) / D, weighted."""
        errors = cache
        return mean_backward(grad_values, errors) * np.sign(errors)


def mean_squared_error(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``MeanSquaredError``."""
    return MeanSquaredError(reduction="none")(y_true, y_pred)


def mean_absolute_error(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``MeanAbsoluteError``."""
    return MeanAbsoluteError(reduction="none")(y_true, y_pred)


def errors_of(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return ``y_pred − y_true``; see ``check_labels_fit``."""
    check_labels_fit(y_true, y_pred)
    return y_pred - y_true.astype(y_pred.dtype, copy=False)


def check_labels_fit(y_true: np.ndarray, y_pred: np.ndarray) -> None:
    """Check the shape of the labels.

    Keras would broadcast any two shapes. Repeating *predictions*, or an axis of labels that is not
    there, is nearly always a mistake, so only axes of length 1 of the labels are repeated.

    Raises:
        ValueError: they do not fit.
    """
    fits = y_true.ndim == y_pred.ndim and all(
        t in (1, p) for t, p in zip(y_true.shape, y_pred.shape, strict=True)
    )
    if not fits:
        raise ValueError(
            "Arguments `y_true` and `y_pred` must have the same shape (or `y_true` axes of length 1). "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )


def mean_backward(grad_values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the gradient of each term of a mean along the last axis."""
    return (grad_values / errors.dtype.type(errors.shape[-1]))[..., None]
