"""Cross-entropy between integer labels and a distribution over classes."""

import numpy as np

from cnn_scratch.losses.loss import Crossentropy
from cnn_scratch.losses.stable import clip_probabilities, divided_by_sum, log_softmax


class SparseCategoricalCrossentropy(Crossentropy):
    """Cross-entropy for labels given as class numbers 0, 1, …, C − 1.

    **From logits** z, with label t and σ = softmax(z)::

        loss      = −log σ_t
        ∂loss/∂zⱼ = σⱼ − [j = t]

    **From probabilities** y, as in Keras: clip first, then normalise::

        q = clip(y, 1e-7, 1 − 1e-7)    loss = −log(q_t / Σq)
        ∂loss/∂yⱼ = 1/Σq − [j = t]/q_t, and 0 where yⱼ was clipped

    Args:
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        ignore_class: a label that does not count (pixels without a class, say): its loss is 0, and
            a mean is taken over the others only.
        reduction: see ``Loss``.
        axis: the axis of the classes; only the last is supported, as in Keras on TensorFlow.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` (N, …) or (N, …, 1), ``y_pred`` (N, …, C); one loss per sample: (N, …).

    Raises:
        ValueError: ``axis`` is not the last one.

    Example:
        >>> loss = SparseCategoricalCrossentropy()
        >>> round(loss([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]), 3)
        1.177

    The readable definition is ``cnn_scratch.reference.losses.sparse_categorical_crossentropy``.
    """

    _activation = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def losses_forward(self, y_true, y_pred):
        """Return −log p of the labelled class.

        Raises:
            ValueError: another axis than the last, or a label that is no class.
        """
        if self.axis not in (-1, y_pred.ndim - 1):
            raise ValueError(f"Only axis=-1 is currently supported. Received: axis={self.axis}")
        labels = self._squeezed(y_true, y_pred)
        mask = None
        if self.ignore_class is not None:
            mask = labels != self.ignore_class
            labels = np.where(mask, labels, 0)
        labelled = at(_checked_labels(labels, y_pred.shape[-1]))
        if self.from_logits:
            log_probabilities = log_softmax(y_pred, -1)
            values = -log_probabilities[labelled]
            cache = labelled, mask, np.exp(log_probabilities)
        else:
            clipped, inside = clip_probabilities(y_pred)
            probabilities, total = divided_by_sum(clipped, -1)
            values = -np.log(probabilities[labelled])
            cache = labelled, mask, clipped, inside, total
        return values if mask is None else np.where(mask, values, 0), mask, cache

    def losses_backward(self, grad_values, cache):
        """Return the gradient with respect to the logits or the probabilities."""
        labelled, mask, *numbers = cache
        if self.from_logits:
            gradient = numbers[0].copy()  # softmax
            gradient[labelled] -= 1
        else:
            clipped, inside, total = numbers
            gradient = np.broadcast_to(1 / total, clipped.shape).copy()
            gradient[labelled] -= 1 / clipped[labelled]
            gradient = np.where(inside, gradient, 0)
        gradient *= grad_values[..., None]
        # forward: values = where(mask, values, 0); a product with 0 would keep the NaN of what does not count
        return gradient if mask is None else np.where(mask[..., None], gradient, 0)

    def _squeezed(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return the labels without a last axis of length 1, checked to fit the predictions."""
        labels = y_true
        if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            hint = ""
            if y_true.shape == y_pred.shape:
                hint = " For one-hot labels use the loss 'categorical_crossentropy'."
            raise ValueError(
                "Arguments `y_true` and `y_pred` must have the same shape up until the last dimension. "
                f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}.{hint}"
            )
        return labels

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_class": self.ignore_class}


def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
) -> np.ndarray:
    """Return one loss per sample; see ``SparseCategoricalCrossentropy``."""
    return SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis)(y_true, y_pred)


def at(labels: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the index of the labelled numbers of an array (N, …, C); it gives one per label, (N, …)."""
    return *np.ix_(*map(np.arange, labels.shape)), labels


def _checked_labels(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the labels as int64.

    Raises:
        ValueError: a label is not an integer, or not between 0 and ``classes`` − 1.
    """
    # Compare before converting: NaN, 1e30 and 2⁶³ have no int64.
    good = (labels >= 0) & (labels < classes)
    if not good.all():
        raise ValueError(
            f"Received a label value of {labels[~good][0]} which is outside the valid range of "
            f"[0, {classes})."
        )
    integers = labels.astype(np.int64)
    if labels.dtype.kind == "f" and (labels != integers).any():
        wrong = labels[labels != integers][0]
        raise ValueError(
            f"Expected integer labels from 0 to {classes - 1}. Received a label value of {wrong}."
        )
    return integers
