"""The losses as metrics: their mean over every sample of many batches."""

import math

import numpy as np

from cnn_scratch import losses
from cnn_scratch.losses.reduction import squeeze_or_expand_to_same_rank
from cnn_scratch.metrics.metric import Mean, MeanMetricWrapper


class MeanSquaredError(MeanMetricWrapper):
    """The mean squared error, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean absolute error, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class RootMeanSquaredError(Mean):
    """The root of the mean squared error: the typical error, in the unit of the labels.

    The root is taken once, of the mean over all samples: it is not a mean of the batches' roots.
    """

    direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch into account."""
        y_true, y_pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        super().update_state(np.square(y_pred - y_true), sample_weight)

    def result(self) -> float:
        """Return the root of the mean squared error so far."""
        return math.sqrt(super().result())


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean error in percent of the label, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean squared difference of logarithms, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean logarithm of cosh of the error, see the loss ``LogCosh``."""

    direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype=None):
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between labels and predictions: 1 for the same direction.

    (The loss of this name is minus that.)

    Args:
        name: see ``Metric``.
        dtype: see ``Metric``.
        axis: the axis of the vectors. Keras does not write it into files, and so forgets it there.
    """

    direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype=None, axis: int = -1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), **self._fn_kwargs}


def cosine_similarity(y_true, y_pred, axis: int = -1) -> np.ndarray:
    """Return the cosine of the angle between each label and its prediction."""
    return -losses.cosine_similarity(y_true, y_pred, axis)


class Hinge(MeanMetricWrapper):
    """The mean of what the answers lack to the margin, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "hinge", dtype=None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of the squares of what the answers lack, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype=None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """How far the right classes are from leading, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype=None):
        super().__init__(losses.categorical_hinge, name, dtype)


class KLDivergence(MeanMetricWrapper):
    """The Kullback-Leibler divergence, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "kl_divergence", dtype=None):
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """The mean of y − t·log y, see the loss of this name."""

    direction = "down"

    def __init__(self, name: str | None = "poisson", dtype=None):
        super().__init__(losses.poisson, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """The cross-entropy of yes/no labels, see the loss of this name.

    Args:
        name: see ``Metric``.
        dtype: see ``Metric``.
        from_logits: whether predictions are logits instead of probabilities.
        label_smoothing: see the loss.
    """

    direction = "down"

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), **self._fn_kwargs}


class CategoricalCrossentropy(MeanMetricWrapper):
    """The cross-entropy of one-hot labels, see the loss of this name.

    Args:
        name: see ``Metric``.
        dtype: see ``Metric``.
        from_logits: whether predictions are logits instead of probabilities.
        label_smoothing: see the loss.
        axis: the axis of the classes.
    """

    direction = "down"

    def __init__(
        self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0, axis=-1
    ):
        super().__init__(
            losses.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), **self._fn_kwargs}


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The cross-entropy of integer labels, see the loss of this name.

    Samples of ``ignore_class`` never count. (Keras leaves them out only if there are sample
    weights; without, it counts each as a loss of 0.)

    Args:
        name: see ``Metric``.
        dtype: see ``Metric``.
        from_logits: whether predictions are logits instead of probabilities.
        ignore_class: a label that does not count, or ``None``.
        axis: the axis of the classes; only the last is supported.
    """

    direction = "down"

    def __init__(
        self,
        name="sparse_categorical_crossentropy",
        dtype=None,
        from_logits=False,
        ignore_class=None,
        axis=-1,
    ):
        super().__init__(
            losses.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.ignore_class = ignore_class

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch into account."""
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        if self.ignore_class is not None:
            labels = y_true[..., 0] if y_true.ndim == y_pred.ndim else y_true
            counts, weight = (labels != self.ignore_class).astype(np.float64), sample_weight
            if weight is not None:
                counts, weight = squeeze_or_expand_to_same_rank(counts, np.asarray(weight, np.float64))
                counts = counts * weight
            sample_weight = counts
        super().update_state(y_true, y_pred, sample_weight)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), **self._fn_kwargs}
