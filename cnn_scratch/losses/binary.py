"""Cross-entropy for yes/no labels."""

import numpy as np

from cnn_scratch.losses.loss import SmoothedCrossentropy, check_same_shape
from cnn_scratch.losses.stable import clip_probabilities, sigmoid


class BinaryCrossentropy(SmoothedCrossentropy):
    """Cross-entropy between labels 0 or 1 and the probability of a 1, averaged over ``axis``.

    **From a logit** z, with label t and σ(z) = 1 / (1 + e⁻ᶻ)::

        loss     = −t·log σ(z) − (1 − t)·log(1 − σ(z))
                 = max(z, 0) − z·t + log(1 + e^−|z|)      the form that cannot overflow
        ∂loss/∂z = σ(z) − t

    **From a probability** y::

        q = clip(y, 1e-7, 1 − 1e-7)    loss = −t·log q − (1 − t)·log(1 − q)
        ∂loss/∂y = (1 − t)/(1 − q) − t/q, and 0 where y was clipped

    **Label smoothing** s replaces t by t·(1 − s) + s/2.

    Args:
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        label_smoothing: s, between 0 and 1.
        axis: the axis of which the mean is taken.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, D), or one of them (N,) and the other (N, 1); one loss per
        sample: (N, …).

    Example:
        >>> loss = BinaryCrossentropy()
        >>> round(loss([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 3)
        0.815

    The readable definition is ``cnn_scratch.reference.losses.binary_crossentropy``.
    """

    _activation = "sigmoid"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype=None,
    ):
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return the mean over ``axis`` of the cross-entropy of each yes/no answer."""
        check_same_shape(y_true, y_pred)
        targets = self.targets(y_true, y_pred, classes=2)
        entropies = entropies_of_answers(targets, y_pred, self.from_logits)
        return entropies.mean(axis=self.axis), None, (targets, y_pred)

    def losses_backward(self, grad_values, cache):
        """Return the gradient with respect to the logits or the probabilities."""
        targets, y_pred = cache
        # forward: the mean over the axis
        grad_entropies = np.expand_dims(grad_values / targets.dtype.type(targets.shape[self.axis]), self.axis)
        return grad_entropies * slopes_of_answers(targets, y_pred, self.from_logits)


def entropies_of_answers(targets: np.ndarray, y_pred: np.ndarray, from_logits: bool) -> np.ndarray:
    """Return the cross-entropy of each yes/no answer."""
    if from_logits:
        return np.maximum(y_pred, 0) - y_pred * targets + np.log1p(np.exp(-np.abs(y_pred)))
    clipped, _ = clip_probabilities(y_pred)
    return -(targets * np.log(clipped) + (1 - targets) * np.log(1 - clipped))


def slopes_of_answers(targets: np.ndarray, y_pred: np.ndarray, from_logits: bool) -> np.ndarray:
    """Return the derivative of each cross-entropy with respect to the logit or the probability."""
    if from_logits:
        return sigmoid(y_pred) - targets
    clipped, inside = clip_probabilities(y_pred)
    # forward: −(targets · log(clipped) + (1 − targets) · log(1 − clipped))
    return np.where(inside, (1 - targets) / (1 - clipped) - targets / clipped, 0)


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1) -> np.ndarray:
    """Return one loss per sample; see ``BinaryCrossentropy``."""
    return BinaryCrossentropy(from_logits, label_smoothing, axis, reduction="none")(y_true, y_pred)
