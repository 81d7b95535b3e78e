"""The data of a training run: checks, class weights, the validation split, and batches."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cnn_scratch.random import shuffled_indices


@dataclass(frozen=True)
class Data:
    """Samples, their labels and their weights, all with one first axis.

    Args:
        x: the samples.
        y: the labels, or ``None`` for a prediction.
        sample_weight: one factor per sample for its loss, or ``None``.

    Raises:
        ValueError: the arrays have different numbers of samples.
    """

    x: np.ndarray
    y: np.ndarray | None = None
    sample_weight: np.ndarray | None = None

    def __post_init__(self):
        sizes = {name: len(array) for name, array in self._arrays().items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(
                f"Data cardinality is ambiguous: expected the same number of samples. Received: {sizes}"
            )

    def _arrays(self) -> dict[str, np.ndarray]:
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        return {name: array for name, array in named.items() if array is not None}

    def __len__(self) -> int:
        return len(self.x)

    def take(self, where) -> "Data":
        """Return the samples at ``where``: a slice (no copy) or an array of indices."""
        return Data(**{name: array[where] for name, array in self._arrays().items()})

    def batches(self, batch_size: int, shuffle: bool = False) -> Iterator["Data"]:
        """Yield all samples in batches; the last one may be smaller."""
        order = shuffled_indices(len(self)) if shuffle else None
        for start in range(0, len(self), batch_size):
            where = slice(start, start + batch_size)
            yield self.take(where if order is None else order[where])

    def split(self, fraction: float) -> tuple["Data", "Data"]:
        """Return all samples but the last ``fraction`` of them, and those."""
        if not 0 < fraction < 1:
            raise ValueError(f"`validation_split` must be a number between 0 and 1. Received: {fraction}")
        at = math.floor(len(self) * (1 - fraction))
        if at in (0, len(self)):
            raise ValueError(
                f"Training data contains {len(self)} samples, which is not sufficient to split it into a "
                f"validation and a training set as specified by `validation_split={fraction}`."
            )
        return self.take(slice(0, at)), self.take(slice(at, None))


def make_data(x, y=None, sample_weight=None, class_weight: Mapping[int, float] | None = None) -> Data:
    """Return ``Data`` from whatever the user gave.

    Args:
        x, y: arrays, or anything that NumPy makes an array of.
        sample_weight: one factor per sample.
        class_weight: a factor per class; classes that are not named have 1.

    Raises:
        ValueError: not arrays of numbers, or both kinds of weights.
    """
    x, y = as_array(x, "x"), as_array(y, "y")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("You cannot use `class_weight` and `sample_weight` at the same time.")
        if y is None:
            raise ValueError("`class_weight` needs the labels `y`. Received: y=None")
        sample_weight = weights_of_classes(y, class_weight)
    return Data(x, y, as_array(sample_weight, "sample_weight"))


def as_array(values, name: str) -> np.ndarray | None:
    """Return ``values`` as an array with a first axis; ``None`` stays ``None``."""
    if values is None:
        return None
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise ValueError(
            f"Argument `{name}` must be an array of numbers whose first axis counts the samples. "
            f"Received: {type(values).__name__} (dtype {array.dtype}, shape {array.shape})"
        )
    return array


def weights_of_classes(y: np.ndarray, class_weight: Mapping[int, float]) -> np.ndarray:
    """Return one weight per sample, from the class that its label (an integer or one-hot) names."""
    if y.ndim > 2:
        raise ValueError(
            f"`class_weight` not supported for labels with 3 or more axes. Received: y.shape={y.shape}"
        )
    classes = y
    if y.ndim == 2:
        classes = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    weights = np.ones(len(y), np.float32)
    for label, weight in class_weight.items():
        weights[np.round(classes) == label] = weight
    return weights


def unpack_validation_data(validation_data) -> Data:
    """Return ``Data`` from the tuple (x, y) or (x, y, sample_weight)."""
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
        raise ValueError(
            "`validation_data` must be a tuple (x_val, y_val) or (x_val, y_val, sample_weight). "
            f"Received: {type(validation_data).__name__}"
        )
    return make_data(*validation_data)
