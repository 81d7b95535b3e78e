"""Losses that are square near the label and straight far from it: Huber's, and the logarithm of cosh."""

import math

import numpy as np

from cnn_scratch.losses.loss import Loss
from cnn_scratch.losses.regression import errors_of, mean_backward

LOG_2 = math.log(2)


class Huber(Loss):
    """The mean over the last axis of a square that goes on as a line, with e = y_pred − y_true::

        loss          = Σ h(e) / D    h(e) = e²/2 where |e| ≤ δ, else δ·|e| − δ²/2
        ∂loss/∂y_pred = clip(e, −δ, δ) / D

    Both pieces have the height δ²/2 and the slope δ where they meet. An outlier pulls no harder than δ.

    Args:
        delta: δ, where the line begins.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        (0.5²/2 + 3 − 1/2) / 2

        >>> Huber()([[0.0, 0.0]], [[0.5, -3.0]])
        1.3125

    The readable definition is ``cnn_scratch.reference.losses.huber``.
    """

    def __init__(self, delta: float = 1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(name, reduction, dtype)
        self.delta = delta

    def losses_forward(self, y_true, y_pred):
        """Return the mean of h(e) along the last axis."""
        errors = errors_of(y_true, y_pred)
        size = np.abs(errors)
        near, far = np.square(errors) / 2, self.delta * size - self.delta**2 / 2
        return np.where(size <= self.delta, near, far).mean(axis=-1), None, errors

    def losses_backward(self, grad_values, cache):
        """Return clip(e, −δ, δ) / D, weighted."""
        errors = cache
        return mean_backward(grad_values, errors) * np.clip(errors, -self.delta, self.delta)

    def get_config(self):
        """Return the arguments of ``__init__``; Keras leaves out ``delta``, and so forgets it in files."""
        return {**super().get_config(), "delta": self.delta}


class LogCosh(Loss):
    """The mean over the last axis of log cosh e, with e = y_pred − y_true and D its length::

        loss          = Σ log cosh(eᵢ) / D
        log cosh e    = |e| + log(1 + e^(−2|e|)) − log 2     the form that cannot overflow
        ∂loss/∂y_pred = tanh(e) / D

    About e²/2 for a small error and |e| − log 2 for a large one.

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        >>> round(LogCosh()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]), 4)
        0.1084

    The readable definition is ``cnn_scratch.reference.losses.log_cosh``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of log cosh e along the last axis."""
        errors = errors_of(y_true, y_pred)
        size = np.abs(errors)
        values = size + np.log1p(np.exp(-2 * size)) - LOG_2
        return values.mean(axis=-1), None, errors

    def losses_backward(self, grad_values, cache):
        """Return tanh(e) / D, weighted."""
        errors = cache
        return mean_backward(grad_values, errors) * np.tanh(errors)


def huber(y_true, y_pred, delta=1.0) -> np.ndarray:
    """Return one loss per sample; see ``Huber``."""
    return Huber(delta, reduction="none")(y_true, y_pred)


def log_cosh(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``LogCosh``."""
    return LogCosh(reduction="none")(y_true, y_pred)
