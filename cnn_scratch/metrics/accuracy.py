"""How often the predictions are right: for yes/no, one-hot and integer labels, and among the k best."""

import numpy as np

from cnn_scratch.losses.reduction import squeeze_or_expand_to_same_rank
from cnn_scratch.metrics.metric import MeanMetricWrapper


def accuracy(y_true, y_pred) -> np.ndarray:
    """Return where ``y_true`` equals ``y_pred``, in the larger of their shapes."""
    y_true, y_pred = _same_shape(y_true, y_pred)
    return y_true == y_pred


def binary_accuracy(y_true, y_pred, threshold: float = 0.5) -> np.ndarray:
    """Return where the label is 1 and the probability above ``threshold``, or 0 and not above."""
    y_true, y_pred = _same_shape(y_true, y_pred)
    return (y_pred > threshold) == y_true


def categorical_accuracy(y_true, y_pred) -> np.ndarray:
    """Return where the largest label and the largest prediction are of the same class."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    _check_leading_shape(y_true.shape[:-1], y_true, y_pred)
    return y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)


def sparse_categorical_accuracy(y_true, y_pred) -> np.ndarray:
    """Return where the largest prediction is of the labelled class.

    Args:
        y_true: class numbers, (N, …) or (N, …, 1).
        y_pred: predictions, (N, …, C).
    """
    y_true, y_pred = _squeezed_labels(y_true, y_pred)
    return y_true == y_pred.argmax(axis=-1)


def top_k_categorical_accuracy(y_true, y_pred, k: int = 5) -> np.ndarray:
    """Return where the class of the largest label is among the ``k`` largest predictions."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    _check_leading_shape(y_true.shape[:-1], y_true, y_pred)
    return _in_top_k(y_true.argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k: int = 5) -> np.ndarray:
    """Return where the labelled class is among the ``k`` largest predictions."""
    y_true, y_pred = _squeezed_labels(y_true, y_pred)
    return _in_top_k(y_true.astype(np.int64), y_pred, k)


class Accuracy(MeanMetricWrapper):
    """How often predictions equal labels.

    Not what the name ``"accuracy"`` in ``compile`` means: that picks one of the three below.
    """

    direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often a probability lies on the right side of ``threshold``; labels are 0 or 1.

    Args:
        name: see ``Metric``.
        dtype: see ``Metric``.
        threshold: predictions above it mean 1.
    """

    direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype=None, threshold: float = 0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is of the right class; labels are one-hot."""

    direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is of the right class; labels are class numbers."""

    direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the ``k`` largest predictions; labels are one-hot.

    Args:
        k: number of guesses that each sample has.
        name: see ``Metric``.
        dtype: see ``Metric``.
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "k": self.k}


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the ``k`` largest predictions; labels are class numbers.

    Args:
        k: number of guesses that each sample has.
        name: see ``Metric``.
        dtype: see ``Metric``.
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = "sparse_top_k_categorical_accuracy", dtype=None):
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "k": self.k}


def _in_top_k(labels: np.ndarray, y_pred: np.ndarray, k: int) -> np.ndarray:
    """Return where fewer than ``k`` predictions are larger than that of the label.

    As in TensorFlow: classes that tie for the last place are all in, and a row with NaN or an
    infinity, or a label out of range, is a miss.
    """
    classes = y_pred.shape[-1]
    index = np.clip(labels, 0, classes - 1)[..., None]
    of_label = np.take_along_axis(y_pred, index, -1)
    better = (y_pred > of_label).sum(axis=-1)
    valid = np.isfinite(y_pred).all(axis=-1) & (labels >= 0) & (labels < classes)
    return valid & (better < k)


def _same_shape(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = squeeze_or_expand_to_same_rank(np.asarray(y_true), np.asarray(y_pred))
    if y_true.shape != y_pred.shape:
        raise ValueError(
            "Arguments `y_true` and `y_pred` must have the same shape. "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )
    return y_true, y_pred


def _squeezed_labels(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    labels = y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true
    _check_leading_shape(labels.shape, y_true, y_pred)
    return labels, y_pred


def _check_leading_shape(shape: tuple[int, ...], y_true: np.ndarray, y_pred: np.ndarray) -> None:
    if shape != y_pred.shape[:-1]:
        raise ValueError(
            "Arguments `y_true` and `y_pred` must have the same shape up until the last dimension. "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )
