"""Losses between distributions: the Kullback-Leibler divergence, and that of counts (Poisson)."""

import numpy as np

from cnn_scratch.losses.loss import Loss, check_same_shape
from cnn_scratch.losses.regression import check_labels_fit, mean_backward
from cnn_scratch.losses.stable import EPSILON


class KLDivergence(Loss):
    """How many nats are lost when the distribution y stands for the distribution t::

        u = clip(t, 1e-7, 1)    q = clip(y, 1e-7, 1)
        loss     = Σ u·log(u / q)
        ∂loss/∂y = −u / q, and 0 where y was clipped

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, C); one loss per sample: (N, …).

    Example:
        log 2 for the first sample, 0 for the second.

        >>> round(KLDivergence()([[0.0, 1.0], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]), 4)
        0.3466

    The readable definition is ``cnn_scratch.reference.losses.kl_divergence``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return Σ u·log(u / q) along the last axis."""
        check_same_shape(y_true, y_pred)
        low = y_pred.dtype.type(EPSILON)
        targets = np.clip(y_true.astype(y_pred.dtype, copy=False), low, 1)
        clipped = np.clip(y_pred, low, 1)
        inside = ~((y_pred < low) | (y_pred > 1))
        return (targets * np.log(targets / clipped)).sum(axis=-1), None, (targets, clipped, inside)

    def losses_backward(self, grad_values, cache):
        """Return −u / q, weighted."""
        targets, clipped, inside = cache
        return np.where(inside, -grad_values[..., None] * targets / clipped, 0)


class Poisson(Loss):
    """The mean over the last axis of y − t·log y, with D its length: for counts t of which y are expected::

        loss     = Σ (y − t·log(y + 1e-7)) / D
        ∂loss/∂y = (1 − t / (y + 1e-7)) / D

    (The logarithm of the probability of t by Poisson's law, without the part that y does not change.)

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``MeanSquaredError``.

    Example:
        >>> round(Poisson()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]), 4)
        0.5

    The readable definition is ``cnn_scratch.reference.losses.poisson``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of y − t·log(y + 1e-7) along the last axis."""
        check_labels_fit(y_true, y_pred)
        targets = y_true.astype(y_pred.dtype, copy=False)
        shifted = y_pred + y_pred.dtype.type(EPSILON)
        with np.errstate(invalid="ignore"):  # a count below 0 gives NaN, as in TensorFlow
            return (y_pred - targets * np.log(shifted)).mean(axis=-1), None, (targets, shifted)

    def losses_backward(self, grad_values, cache):
        """Return (1 − t / (y + 1e-7)) / D, weighted."""
        targets, shifted = cache
        return mean_backward(grad_values, shifted) * (1 - targets / shifted)


def kl_divergence(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``KLDivergence``."""
    return KLDivergence(reduction="none")(y_true, y_pred)


def poisson(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``Poisson``."""
    return Poisson(reduction="none")(y_true, y_pred)
