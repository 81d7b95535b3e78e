"""Focal cross-entropies: samples that are already right count for little (Lin et al. 2017)."""

import numpy as np

from cnn_scratch.losses.binary import entropies_of_answers, slopes_of_answers
from cnn_scratch.losses.loss import SmoothedCrossentropy, check_axis, check_same_shape, warn_about_one_class
from cnn_scratch.losses.stable import (
    clip_probabilities,
    divided_by_sum,
    log_softmax,
    minus_weighted_sum,
    sigmoid,
)


class BinaryFocalCrossentropy(SmoothedCrossentropy):
    """Cross-entropy of yes/no labels, times how wrong the answer is to the power γ.

    With label t, probability y (or the logit z, and y = σ(z)) and the cross-entropy bce of
    ``BinaryCrossentropy``::

        a         = 1 − (t·y + (1 − t)·(1 − y)) = t·(1 − y) + (1 − t)·y      how wrong
        loss      = w · a^γ · bce
        ∂loss/∂y  = w · (γ·a^(γ−1)·(1 − 2t)·bce + a^γ·∂bce/∂y)               since ∂a/∂y = 1 − 2t
        ∂loss/∂z  = w · (γ·a^(γ−1)·(1 − 2t)·y·(1 − y)·bce + a^γ·(y − t))     since ∂y/∂z = y·(1 − y)

    w is 1, or t·α + (1 − t)·(1 − α) with ``apply_class_balancing``. Where a is 0 and γ < 1, the slope of
    a^γ is infinite: it is taken for 0, because nothing is left to learn there.

    Args:
        apply_class_balancing: whether yes and no have the weights α and 1 − α.
        alpha: α, the weight of a yes.
        gamma: γ; 0 gives the binary cross-entropy.
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        label_smoothing: s, between 0 and 1; replaces t by t·(1 − s) + s/2.
        axis: the axis of which the mean is taken.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, D), or one of them (N,) and the other (N, 1); one loss per
        sample: (N, …).

    Example:
        >>> loss = BinaryFocalCrossentropy(gamma=2)
        >>> round(loss([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 3)
        0.268

    The readable definition is ``cnn_scratch.reference.losses.binary_focal_crossentropy``.
    """

    _activation = "sigmoid"
    mistaken_activation = None  # as in Keras

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma

    def losses_forward(self, y_true, y_pred):
        """Return the mean over ``axis`` of the focal cross-entropy of each yes/no answer."""
        check_same_shape(y_true, y_pred)
        targets = self.targets(y_true, y_pred, classes=2)
        yes, no = (sigmoid(y_pred), sigmoid(-y_pred)) if self.from_logits else (y_pred, 1 - y_pred)
        entropies = entropies_of_answers(targets, y_pred, self.from_logits)
        wrong = targets * no + (1 - targets) * yes
        weights = targets * self.alpha + (1 - targets) * (1 - self.alpha) if self.apply_class_balancing else 1
        values = weights * wrong**self.gamma * entropies
        return values.mean(axis=self.axis), None, (targets, y_pred, yes * no, wrong, weights, entropies)

    def losses_backward(self, grad_values, cache):
        """Return the gradient with respect to the logits or the probabilities."""
        targets, y_pred, yes_no, wrong, weights, entropies = cache
        # forward: the mean over the axis
        grad_entropies = np.expand_dims(grad_values / targets.dtype.type(targets.shape[self.axis]), self.axis)
        # forward: wrong = targets · (1 − yes) + (1 − targets) · yes, and maybe yes = σ(z)
        grad_wrong = (1 - 2 * targets) * (yes_no if self.from_logits else 1)
        # forward: values = weights · wrong^γ · entropies
        along_wrong = _slope_of_power(wrong, self.gamma) * grad_wrong * entropies
        along_entropies = wrong**self.gamma * slopes_of_answers(targets, y_pred, self.from_logits)
        return grad_entropies * weights * (along_wrong + along_entropies)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        own = {
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }
        return {**super().get_config(), **own}


class CategoricalFocalCrossentropy(SmoothedCrossentropy):
    """Cross-entropy of one-hot labels, where each class counts (1 − probability)^γ.

    From probabilities y, or logits z with y = softmax(z), as in Keras: normalise, clip, and then::

        p = y / Σy    q = clip(p, 1e-7, 1 − 1e-7)    loss = −Σ α·(1 − q)^γ·t·log q
        ∂loss/∂p = α·t·(γ·(1 − q)^(γ−1)·log q − (1 − q)^γ/q), and 0 where p was clipped
        ∂loss/∂y = (∂loss/∂p − Σ p·∂loss/∂p) / Σy
        ∂loss/∂z = p·(∂loss/∂p − Σ p·∂loss/∂p)              since ∂pᵢ/∂zⱼ = pᵢ·([i = j] − pⱼ)

    Args:
        alpha: α, the weight of the loss, or a list of one weight per class.
        gamma: γ; 0 gives α times the categorical cross-entropy.
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        label_smoothing: s, between 0 and 1; replaces t by t·(1 − s) + s / number of classes.
        axis: the axis of the classes.
        reduction: see ``Loss``.
        name: see ``Loss``.
        dtype: see ``Loss``.

    Shapes:
        ``y_true`` and ``y_pred`` (N, …, C); one loss per sample: (N, …).

    Example:
        >>> loss = CategoricalFocalCrossentropy()
        >>> round(loss([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]), 4)
        0.2332

    The readable definition is ``cnn_scratch.reference.losses.categorical_focal_crossentropy``.
    """

    _activation = None  # as in Keras, probabilities of a softmax are taken as they are

    def __init__(
        self,
        alpha=0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype=None,
    ):
        check_axis(axis)
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.alpha = np.asarray(alpha).tolist()
        self.gamma = gamma

    def losses_forward(self, y_true, y_pred):
        """Return −Σ α·(1 − q)^γ·t·log q along the axis of the classes."""
        check_same_shape(y_true, y_pred)
        warn_about_one_class(y_pred, "categorical_focal_crossentropy")
        targets = self.targets(y_true, y_pred, classes=y_pred.shape[self.axis])
        if self.from_logits:
            y_pred = np.exp(log_softmax(y_pred, self.axis))
        probabilities, total = divided_by_sum(y_pred, self.axis)
        clipped, inside = clip_probabilities(probabilities)
        weighted = targets * _weights_of_classes(self.alpha, targets)
        values = -(weighted * (1 - clipped) ** self.gamma * np.log(clipped)).sum(axis=self.axis)
        return values, None, (weighted, probabilities, clipped, inside, total)

    def losses_backward(self, grad_values, cache):
        """Return the gradient with respect to the logits or the probabilities."""
        weighted, probabilities, clipped, inside, total = cache
        # forward: loss = −Σ weighted · (1 − clipped)^γ · log(clipped)
        rest = 1 - clipped
        slopes = _slope_of_power(rest, self.gamma) * np.log(clipped) - rest**self.gamma / clipped
        grad_values = np.expand_dims(grad_values, self.axis)
        grad_probabilities = np.where(inside, grad_values * weighted * slopes, 0)
        # forward: probabilities = y / total, and maybe y = softmax(z)
        slopes = minus_weighted_sum(grad_probabilities, probabilities, self.axis)
        return slopes * (probabilities if self.from_logits else 1 / total)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "alpha": self.alpha, "gamma": self.gamma}


def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
) -> np.ndarray:
    """Return one loss per sample; see ``BinaryFocalCrossentropy``."""
    arguments = apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis
    return BinaryFocalCrossentropy(*arguments, reduction="none")(y_true, y_pred)


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
) -> np.ndarray:
    """Return one loss per sample; see ``CategoricalFocalCrossentropy``."""
    arguments = alpha, gamma, from_logits, label_smoothing, axis
    return CategoricalFocalCrossentropy(*arguments, reduction="none")(y_true, y_pred)


def _weights_of_classes(alpha: float | list[float], targets: np.ndarray) -> np.ndarray:
    """Return α as an array that can be broadcast to the labels.

    Raises:
        ValueError: a list that has not one weight per class.
    """
    weights = np.asarray(alpha, targets.dtype)
    if weights.ndim and weights.shape not in ((1,), targets.shape[-1:]):
        raise ValueError(
            "Argument `alpha` must be a number or a list of one weight per class. "
            f"Received: alpha={alpha}, y_true.shape={targets.shape}"
        )
    return weights


def _slope_of_power(base: np.ndarray, gamma: float) -> np.ndarray:
    """Return γ·base^(γ − 1), and 0 where that is infinite."""
    if gamma >= 1:
        return gamma * base ** (gamma - 1)
    return np.where(base > 0, gamma * np.where(base > 0, base, 1) ** (gamma - 1), 0)
