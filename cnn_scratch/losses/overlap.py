"""Losses of overlap, for masks: how much two areas have in common, whatever their size."""

import numpy as np

from cnn_scratch.losses.loss import Loss, check_same_shape
from cnn_scratch.losses.stable import EPSILON


class Overlap(Loss):
    """One minus the overlap of labels and predictions, summed over ``axis``.

    A concrete one writes ``overlap`` and its gradient.

    Args:
        axis: the axes that are summed over, an integer or several; ``None`` takes all of them.
        reduction, name, dtype: see ``Loss``.
    """

    def __init__(self, axis, name, reduction, dtype):
        super().__init__(name, reduction, dtype)
        self.axis = axis

    @property
    def _axes(self):
        return tuple(self.axis) if isinstance(self.axis, list | tuple) else self.axis

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=self._axes, keepdims=True)

    def losses_forward(self, y_true, y_pred):
        """Return 1 − overlap."""
        check_same_shape(y_true, y_pred)
        targets = y_true.astype(y_pred.dtype, copy=False)
        share, cache = self.overlap(targets, y_pred)
        return 1 - share.squeeze(axis=self._axes), None, (*cache, share, targets.shape)

    def losses_backward(self, grad_values, cache):
        """Return −∂overlap/∂y_pred, weighted."""
        *cache, share, shape = cache
        # forward: loss = 1 − overlap, one number for all that is summed over
        grad_share = -grad_values.reshape(share.shape)
        return np.broadcast_to(grad_share * self.overlap_gradient(share, *cache), shape)

    def overlap(self, targets: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, tuple]:
        """Return the overlap, with axes of length 1, and what its gradient needs."""
        raise NotImplementedError

    def overlap_gradient(self, share: np.ndarray, *cache) -> np.ndarray:
        """Return ∂overlap/∂y_pred."""
        raise NotImplementedError

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "axis": self.axis}


class Dice(Overlap):
    """One minus twice what labels t and predictions y have in common, over what both have::

        loss       = 1 − d    d = 2·Σ t·y / S    S = Σ t + Σ y + 1e-7
        ∂loss/∂y   = (d − 2·t) / S                     since ∂S/∂y = 1

    A small object counts as much as a large one, and the many pixels of the background that are right do
    not hide those that are wrong. Reference: Milletari et al., "V-Net", 2016 (without squares).

    Args:
        reduction: see ``Loss``.
        name: see ``Loss``.
        axis: the axes that are summed over; ``None`` takes all of them, the batch too, and gives one
            loss for everything. ``(1, 2, 3)`` gives one loss per image.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …), probabilities; losses: the axes that are left.

    Example:
        Half of each area is in common:

        >>> round(Dice()([[1.0, 1.0, 0.0]], [[0.0, 1.0, 1.0]]), 6)
        0.5

    The readable definition is ``cnn_scratch.reference.losses.dice``.
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(axis, name, reduction, dtype)

    def overlap(self, targets, y_pred):
        """Return 2·Σ t·y / S."""
        total = self._sum(targets) + self._sum(y_pred) + y_pred.dtype.type(EPSILON)
        return 2 * self._sum(targets * y_pred) / total, (targets, total)

    def overlap_gradient(self, share, targets, total):
        """Return (2·t − d) / S."""
        return (2 * targets - share) / total


class Tversky(Overlap):
    """One minus the share that labels t and predictions y have in common, with a weight for each mistake::

        loss       = 1 − q    q = Σ t·y / S    S = Σ t·y + α·Σ t·(1 − y) + β·Σ (1 − t)·y + 1e-7
        ∂loss/∂y   = (q·s − t) / S             s = ∂S/∂y = t − α·t + β·(1 − t)

    With α = β = ½ it is ``Dice``. As in Keras, α weighs what was missed (false negatives), although its
    documentation has it the other way round. Reference: Salehi et al., "Tversky loss function for image
    segmentation using 3D fully convolutional deep networks", 2017.

    Args:
        alpha: α.
        beta: β.
        reduction: see ``Loss``.
        name: see ``Loss``.
        axis: see ``Dice``.
        dtype: see ``Loss``.

    Shapes:
        As for ``Dice``.

    Example:
        One in common, one missed (α), one too many (β): 1 − 1 / (1 + 0.75 + 0.25)

        >>> round(Tversky(0.75, 0.25)([[1.0, 1.0, 0.0]], [[0.0, 1.0, 1.0]]), 6)
        0.5

    The readable definition is ``cnn_scratch.reference.losses.tversky``.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction="sum_over_batch_size",
        name="tversky",
        axis=None,
        dtype=None,
    ):
        super().__init__(axis, name, reduction, dtype)
        self.alpha = alpha
        self.beta = beta

    def overlap(self, targets, y_pred):
        """Return Σ t·y / S."""
        common = self._sum(targets * y_pred)
        missed, invented = self._sum((1 - y_pred) * targets), self._sum(y_pred * (1 - targets))
        total = common + missed * self.alpha + invented * self.beta + y_pred.dtype.type(EPSILON)
        return common / total, (targets, total)

    def overlap_gradient(self, share, targets, total):
        """Return (t − q·s) / S."""
        slopes = targets - self.alpha * targets + self.beta * (1 - targets)
        return (targets - share * slopes) / total

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}


def dice(y_true, y_pred, axis=None) -> np.ndarray:
    """Return the losses without a mean; see ``Dice``."""
    return Dice("none", axis=axis)(y_true, y_pred)


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None) -> np.ndarray:
    """Return the losses without a mean; see ``Tversky``."""
    return Tversky(alpha, beta, "none", axis=axis)(y_true, y_pred)
