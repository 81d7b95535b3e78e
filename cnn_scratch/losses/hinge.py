"""Hinge losses: an answer costs nothing once it is right by a margin of 1."""

import numpy as np

from cnn_scratch.losses.loss import Loss, check_same_shape
from cnn_scratch.losses.regression import mean_backward


class Hinge(Loss):
    """The mean over the last axis of how far each answer t·y stays below 1, with D the length of the axis::

        loss          = Σ max(1 − t·y, 0) / D
        ∂loss/∂y      = −t / D where 1 − t·y ≥ 0, else 0     (at the kink itself −t / D, too, as in Keras)

    Labels t are −1 or 1. If all labels of a batch are 0 or 1, they are taken as −1 and 1.

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, D), or one of them (N,) and the other (N, 1); one loss per
        sample: (N, …).

    Example:
        >>> Hinge()([[-1.0, 1.0], [-1.0, -1.0]], [[0.5, 0.5], [-2.0, -1.0]])
        0.5

    The readable definition is ``cnn_scratch.reference.losses.hinge``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of what is lacking along the last axis."""
        signs, margins = _signs_and_margins(y_true, y_pred)
        return np.maximum(margins, 0).mean(axis=-1), None, (signs, margins)

    def losses_backward(self, grad_values, cache):
        """Return −t / D where something is lacking, weighted."""
        signs, margins = cache
        return np.where(margins >= 0, -signs * mean_backward(grad_values, signs), 0)


class SquaredHinge(Loss):
    """The mean over the last axis of the square of how far each answer stays below 1, with D its length::

        loss     = Σ max(1 − t·y, 0)² / D
        ∂loss/∂y = −2·t·max(1 − t·y, 0) / D

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        As for ``Hinge``, and so are the labels.

    Example:
        >>> SquaredHinge()([[-1.0, 1.0], [-1.0, -1.0]], [[0.5, 0.5], [-2.0, -1.0]])
        0.625

    The readable definition is ``cnn_scratch.reference.losses.squared_hinge``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean of the squares of what is lacking along the last axis."""
        signs, margins = _signs_and_margins(y_true, y_pred)
        lacking = np.maximum(margins, 0)
        return np.square(lacking).mean(axis=-1), None, (signs, lacking)

    def losses_backward(self, grad_values, cache):
        """Return −2·t·max(1 − t·y, 0) / D, weighted."""
        signs, lacking = cache
        return -2 * mean_backward(grad_values, signs) * signs * lacking


class CategoricalHinge(Loss):
    """How much the right class lacks to be 1 above the best wrong one, for one-hot labels t::

        loss     = max(m + 1, 0)    with m = max((1 − t)·y) − Σ t·y
        ∂loss/∂y = (1 − t)·b − t where m + 1 ≥ 0, else 0

    b is 1 at the largest of (1 − t)·y and 0 elsewhere; several that are equally large share the 1, as
    in TensorFlow. (The right class takes part with 0, so the best wrong answer is never below 0.) The whole
    row is NaN if one of its numbers is.

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, C); one loss per sample: (N, …).

    Example:
        1.0 − 0.5 + 1 for the first sample; the second leads by more than 1.

        >>> CategoricalHinge()([[0, 1, 0], [1, 0, 0]], [[0.25, 0.5, 1.0], [3.0, 1.5, 0.0]])
        0.75

    The readable definition is ``cnn_scratch.reference.losses.categorical_hinge``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(name, reduction, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return max(m + 1, 0) of each row."""
        check_same_shape(y_true, y_pred)
        targets = y_true.astype(y_pred.dtype, copy=False)
        wrong = (1 - targets) * y_pred
        best = wrong.max(axis=-1, keepdims=True)
        margins = best[..., 0] - (targets * y_pred).sum(axis=-1) + 1
        return np.maximum(margins, 0), None, (targets, wrong == best, margins)

    def losses_backward(self, grad_values, cache):
        """Return (1 − t)·b − t where the margin is not reached, weighted."""
        targets, is_best, margins = cache
        grad_margins = np.where(margins >= 0, grad_values, 0)[..., None]
        # forward: margins = max((1 − targets) · y_pred) − Σ targets · y_pred + 1
        with np.errstate(invalid="ignore"):  # NaN is not equal to itself: where it is the largest, 0 / 0
            share = is_best / is_best.sum(axis=-1, keepdims=True, dtype=targets.dtype)
        return grad_margins * ((1 - targets) * share - targets)


def hinge(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``Hinge``."""
    return Hinge(reduction="none")(y_true, y_pred)


def squared_hinge(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``SquaredHinge``."""
    return SquaredHinge(reduction="none")(y_true, y_pred)


def categorical_hinge(y_true, y_pred) -> np.ndarray:
    """Return one loss per sample; see ``CategoricalHinge``."""
    return CategoricalHinge(reduction="none")(y_true, y_pred)


def _signs_and_margins(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels as −1 and 1, and ``1 − t·y``."""
    check_same_shape(y_true, y_pred)
    signs = y_true.astype(y_pred.dtype, copy=False)
    if ((signs == 0) | (signs == 1)).all():
        signs = 2 * signs - 1
    return signs, 1 - signs * y_pred
