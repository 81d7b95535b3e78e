"""The base class of every loss."""

import copy
import warnings
from typing import Any

import numpy as np

from cnn_scratch.losses.reduction import (
    check_reduction,
    reduce_weighted_values,
    squeeze_or_expand_to_same_rank,
)
from cnn_scratch.naming import to_snake_case

# What your own loss has to define.
TWO_METHODS = (
    "`losses_forward(y_true, y_pred)` returns one loss per sample, `None` (or a mask), and what the other "
    "needs; `losses_backward(grad_values, cache)` returns the gradient of `y_pred`. "
    "The file losses/regression.py shows how."
)


class Loss:
    """A number that says how far predictions are from labels, and its gradient.

    Like a layer, a loss returns what its backward pass needs instead of storing it::

        value, cache = loss.forward(y_true, y_pred, sample_weight)
        grad_y_pred = loss.backward(cache)

    A subclass defines ``losses_forward``, which computes one loss per sample, and ``losses_backward``.
    Sample weights, masks and the mean over the batch are handled here.

    Args:
        name: name of the loss; by default the class name in snake case.
        reduction: ``"sum_over_batch_size"`` (the mean over the batch), ``"mean"`` (the same),
            ``"sum"``, ``"mean_with_sample_weight"`` (divides by the sum of the weights),
            ``"none"`` or ``None`` (an array of the losses of the samples).
        dtype: dtype to calculate in. ``None`` takes float64 for a float64 ``y_pred`` and float32
            for any other; Keras would always take float32.

    Raises:
        ValueError: ``reduction`` is unknown.
        TypeError: a subclass has a ``call``, as in Keras, which nothing here would use.
    """

    # The activation whose outputs the loss expects, if it could also work with its inputs (the logits).
    logits_activation: str | None = None
    # The activation whose outputs may be given to the loss by mistake, in place of logits.
    mistaken_activation: str | None = None

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype=None):
        check_reduction(reduction)
        self.name = name or to_snake_case(type(self).__name__)
        if hasattr(self, "call"):
            raise TypeError(
                f"Loss '{self.name}' cannot be used, since nothing here differentiates a `call`. "
                f"Write two methods in its place: {TWO_METHODS}"
            )
        self.reduction = reduction
        self.dtype = None if dtype is None else np.dtype(dtype).name

    def __call__(self, y_true, y_pred, sample_weight=None) -> float | np.ndarray:
        """Return the loss: a float, or an array of one loss per sample without a reduction."""
        return self.forward(y_true, y_pred, sample_weight)[0]

    def forward(self, y_true, y_pred, sample_weight=None) -> tuple[float | np.ndarray, Any]:
        """Return the loss and what ``backward`` needs.

        Args:
            y_true: labels.
            y_pred: predictions; their first axis is the batch.
            sample_weight: one factor per sample, or any array that can be broadcast to the losses.

        Raises:
            ValueError: shapes do not fit, or a label is out of range.
        """
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        dtype = np.dtype(self.dtype or ("float64" if y_pred.dtype.type is np.float64 else "float32"))
        labels, predictions = squeeze_or_expand_to_same_rank(y_true, y_pred.astype(dtype, copy=False))
        values, mask, losses_cache = self.losses_forward(labels, predictions)
        value, grad_values = reduce_weighted_values(values, sample_weight, mask, self.reduction)
        grad_dtype = y_pred.dtype if y_pred.dtype.kind == "f" else dtype
        return value, (grad_values, losses_cache, y_pred.shape, grad_dtype)

    def backward(self, cache) -> np.ndarray:
        """Return ∂loss/∂y_pred, of the shape and dtype of ``y_pred``."""
        grad_values, losses_cache, shape, dtype = cache
        # forward: value = Σ values · weights / divisor
        grad_predictions = self.losses_backward(grad_values, losses_cache)
        # forward: predictions = y_pred with or without a last axis of length 1
        return grad_predictions.reshape(shape).astype(dtype, copy=False)

    def losses_forward(
        self, y_true: np.ndarray, y_pred: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None, Any]:
        """Return one loss per sample, a mask of those that count (or ``None``), and a cache."""
        raise NotImplementedError(f"Loss '{self.name}' lacks a method. Expected: {TWO_METHODS}")

    def losses_backward(self, grad_values: np.ndarray, cache) -> np.ndarray:
        """Return the gradient of ``y_pred``, given that of the losses, ``grad_values`` (one per sample)."""
        raise NotImplementedError(f"Loss '{self.name}' lacks a method. Expected: {TWO_METHODS}")

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        """Make a loss from the dictionary that ``get_config`` returned."""
        return cls(**config)


class Crossentropy(Loss):
    """Base class of the cross-entropies: they take probabilities or logits."""

    from_logits: bool
    _activation: str | None

    @property
    def logits_activation(self) -> str | None:
        """The activation that turns logits into what this loss expects; ``None`` if it expects logits."""
        return None if self.from_logits else self._activation

    @property
    def mistaken_activation(self) -> str | None:
        """The activation whose outputs somebody may mistake for logits; ``None`` if there is none.

        ``from_logits=True`` after a softmax is a mistake. Keras on TensorFlow warns, and takes the inputs of
        the softmax.
        """
        return self._activation if self.from_logits else None

    def with_logits(self) -> "Crossentropy":
        """Return the same loss for logits.

        In place of ``loss(y, softmax(z))`` a training loop can use ``loss.with_logits()(y, z)``: the same
        number, but accurate even where a probability is near 0 or 1. Keras on TensorFlow does the same.
        """
        twin = copy.copy(self)
        twin.from_logits = True
        return twin


class SmoothedCrossentropy(Crossentropy):
    """Base class of the cross-entropies whose labels have one number per class, and can be smoothed.

    Args:
        from_logits: whether ``y_pred`` holds logits instead of probabilities.
        label_smoothing: s, between 0 and 1; replaces a label t by t·(1 − s) + s / number of classes.
        axis: the axis that the mean, or the sum over the classes, is taken along.
        reduction, name, dtype: see ``Loss``.
    """

    def __init__(
        self, from_logits: bool, label_smoothing: float, axis: int, reduction: str | None, name, dtype
    ):
        super().__init__(name, reduction, dtype)
        check_label_smoothing(label_smoothing)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def targets(self, y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
        """Return the labels, smoothed, in the dtype of the predictions."""
        targets = y_true.astype(y_pred.dtype, copy=False)
        if not self.label_smoothing:
            return targets
        return targets * (1 - self.label_smoothing) + self.label_smoothing / classes

    def get_config(self):
        """Return the arguments of ``__init__``."""
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return {**super().get_config(), **own}


def check_same_shape(y_true: np.ndarray, y_pred: np.ndarray, hint: str = "") -> None:
    """Check that labels and predictions have the same shape.

    Raises:
        ValueError: they have not; the message ends with ``hint``.
    """
    if y_true.shape != y_pred.shape:
        raise ValueError(
            "Arguments `y_true` and `y_pred` must have the same shape. "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}.{hint}"
        )


def check_label_smoothing(label_smoothing: float) -> None:
    """Check the ``label_smoothing`` argument.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"Argument `label_smoothing` must be between 0 and 1. Received: label_smoothing={label_smoothing}"
        )


def check_axis(axis: int) -> None:
    """Check the ``axis`` argument.

    Raises:
        ValueError: it is not an integer.
    """
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")


def warn_about_one_class(y_pred: np.ndarray, loss: str) -> None:
    """Warn if there is one class only: the probability of it is 1 whatever is predicted."""
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {loss}, expected y_pred.shape to be (batch_size, num_classes) "
            f"with num_classes > 1. Received: y_pred.shape={y_pred.shape}. "
            "Consider using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=5,
        )
