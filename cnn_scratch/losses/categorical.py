"""Cross-entropy between one-hot (or soft) labels and a distribution over classes."""

import numpy as np

from cnn_scratch.losses.loss import SmoothedCrossentropy, check_axis, check_same_shape, warn_about_one_class
from cnn_scratch.losses.stable import clip_probabilities, divided_by_sum, log_softmax, minus_weighted_sum


class CategoricalCrossentropy(SmoothedCrossentropy):
    """Cross-entropy for labels given as one row of class probabilities per sample.

    **From logits** z, with labels t and σ = softmax(z)::

        loss     = −Σ t·log σ
        ∂loss/∂z = σ·Σt − t           since ∂log σᵢ/∂zⱼ = [i = j] − σⱼ

    (For labels that do not add up to 1 this is the true gradient; TensorFlow leaves Σt out.)

    **From probabilities** y, as in Keras: normalise, clip, take the logarithm::

        p = y / Σy    q = clip(p, 1e-7, 1 − 1e-7)    loss = −Σ t·log q
        ∂loss/∂p = −t/q, and 0 where p was clipped
        ∂loss/∂y = (∂loss/∂p − Σ p·∂loss/∂p) / Σy

    **Label smoothing** s replaces t by t·(1 − s) + s / number of classes: no label is quite certain.
    The number of classes is that along ``axis``; Keras counts the last axis even when ``axis`` is
    another one.

    Args:
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        label_smoothing: s, between 0 and 1.
        axis: the axis of the classes.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, C); one loss per sample: (N, …).

    Example:
        >>> loss = CategoricalCrossentropy()
        >>> round(loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]), 3)
        1.177

    The readable definition is ``cnn_scratch.reference.losses.categorical_crossentropy``.
    """

    _activation = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype=None,
    ):
        check_axis(axis)
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def losses_forward(self, y_true, y_pred):
        """Return −Σ t·log p along the axis of the classes."""
        hint = " For integer labels use the loss 'sparse_categorical_crossentropy'."
        check_same_shape(y_true, y_pred, hint if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1 else "")
        warn_about_one_class(y_pred, "categorical_crossentropy")
        targets = self.targets(y_true, y_pred, classes=y_pred.shape[self.axis])
        if self.from_logits:
            log_probabilities = log_softmax(y_pred, self.axis)
            cache = targets, np.exp(log_probabilities)
        else:
            probabilities, total = divided_by_sum(y_pred, self.axis)
            clipped, inside = clip_probabilities(probabilities)
            log_probabilities = np.log(clipped)
            cache = targets, probabilities, clipped, inside, total
        return -(targets * log_probabilities).sum(axis=self.axis), None, cache

    def losses_backward(self, grad_values, cache):
        """Return the gradient with respect to the logits or the probabilities."""
        grad_values = np.expand_dims(grad_values, self.axis)
        if self.from_logits:
            targets, softmax = cache
            return grad_values * (softmax * targets.sum(axis=self.axis, keepdims=True) - targets)
        targets, probabilities, clipped, inside, total = cache
        # forward: loss = −Σ targets · log(clipped)
        grad_probabilities = np.where(inside, -grad_values * targets / clipped, 0)
        # forward: probabilities = y_pred / total
        return minus_weighted_sum(grad_probabilities, probabilities, self.axis) / total


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1) -> np.ndarray:
    """Return one loss per sample; see ``CategoricalCrossentropy``."""
    return CategoricalCrossentropy(from_logits, label_smoothing, axis, reduction="none")(y_true, y_pred)
