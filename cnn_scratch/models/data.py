"""The data of a training run: checks, class weights, the validation split, and batches."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cnn_scratch.random import shuffled_indices
from cnn_scratch.structure import is_nested


@dataclass(frozen=True)
class Data:
    """Samples, their labels and their weights, all with one first axis.

    Args:
        x: the samples, one array per input of the model.
        y: the labels, one array per output; ``None`` for an output that nothing is learnt from, or
            in place of all for a prediction.
        sample_weight: per output one factor per sample for its loss, or ``None``.

    Raises:
        ValueError: the arrays have different numbers of samples.
    """

    x: list[np.ndarray]
    y: list[np.ndarray | None] | None = None
    sample_weight: list[np.ndarray | None] | None = None

    def __post_init__(self):
        sizes = {
            name: [len(array) for array in arrays if array is not None]
            for name, arrays in self._named().items()
        }
        if len({size for group in sizes.values() for size in group}) > 1:
            flat = {name: group[0] if len(group) == 1 else group for name, group in sizes.items()}
            raise ValueError(
                f"Data cardinality is ambiguous: expected the same number of samples. Received: {flat}"
            )

    def _named(self) -> dict[str, list]:
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        return {name: arrays for name, arrays in named.items() if arrays is not None}

    def __len__(self) -> int:
        return len(self.x[0])

    @property
    def inputs(self) -> np.ndarray | list[np.ndarray]:
        """The samples as a model wants them: an array, or a list of several."""
        return self.x[0] if len(self.x) == 1 else self.x

    @property
    def weights_per_output(self) -> list[np.ndarray | None]:
        """``sample_weight`` with an entry for each output, ``None`` where the samples are not weighted."""
        return self.sample_weight or [None] * len(self.y)

    def take(self, where) -> "Data":
        """Return the samples at ``where``: a slice (no copy) or an array of indices."""
        return Data(
            **{
                name: [None if array is None else array[where] for array in arrays]
                for name, arrays in self._named().items()
            }
        )

    def batches(self, batch_size: int, shuffle: bool = False) -> Iterator["Data"]:
        """Yield all samples in batches; the last one may be smaller."""
        order = shuffled_indices(len(self)) if shuffle else None
        for start in range(0, len(self), batch_size):
            where = slice(start, start + batch_size)
            yield self.take(where if order is None else order[where])

    def split(self, fraction: float) -> tuple["Data", "Data"]:
        """Return all samples but the last ``fraction`` of them, and those.

        Raises:
            ValueError: a fraction that is not between 0 and 1, or too few samples for two parts.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"`validation_split` must be a number between 0 and 1. Received: {fraction}")
        at = math.floor(len(self) * (1 - fraction))
        if at in (0, len(self)):
            raise ValueError(
                f"Training data contains {len(self)} samples, which is not sufficient to split it into a "
                f"validation and a training set as specified by `validation_split={fraction}`."
            )
        return self.take(slice(0, at)), self.take(slice(at, None))


def make_data(model, x, y=None, sample_weight=None, class_weight: Mapping[int, float] | None = None) -> Data:
    """Return ``Data`` from whatever the user gave.

    Args:
        model: knows the names and the number of its inputs and outputs.
        x, y: an array (or anything that NumPy makes one of) for a model of one input or output; a
            list or a dictionary by name for several.
        sample_weight: one factor per sample, for all outputs or, in the form of ``y``, for each.
        class_weight: a factor per class; classes that are not named have 1.

    Raises:
        ValueError: not arrays of numbers, not as many as the model has inputs and outputs, or both
            kinds of weights.
    """
    inputs, outputs = model.input_ports, model.output_ports
    x = [as_array(array, "x") for array in inputs.given(x, "samples")]
    if any(array is None for array in x):
        raise ValueError(f"Argument `x` must be given, for the inputs {inputs.names}. Received: x=None")
    if y is not None:
        y = [as_array(array, "y") for array in outputs.in_order(_with_gaps(y, model), "labels")]
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("You cannot use `class_weight` and `sample_weight` at the same time.")
        if y is None:
            raise ValueError("`class_weight` needs the labels `y`. Received: y=None")
        if len(y) > 1:
            raise ValueError("`class_weight` is only supported for models with a single output.")
        sample_weight = weights_of_classes(y[0], class_weight)
    if sample_weight is not None:
        if not is_nested(sample_weight):
            sample_weight = [sample_weight] * len(outputs)
        ordered = outputs.in_order(_with_gaps(sample_weight, model), "sample weights")
        sample_weight = [as_array(array, "sample_weight") for array in ordered]
    return Data(x, y, sample_weight)


def _with_gaps(values, model):
    """Return a list (or dictionary) for the outputs that have a loss as one for all outputs.

    ``None`` stands in the gaps.
    """
    heads = model.trainer.heads if model.trainer else []
    if isinstance(values, dict):
        return {head.name: None for head in heads if head.loss is None} | values
    has_loss = [head.loss is not None for head in heads]
    if not isinstance(values, list | tuple) or all(has_loss) or len(values) != sum(has_loss):
        return values
    given = iter(values)
    return [next(given) if one else None for one in has_loss]


def as_array(values, name: str) -> np.ndarray | None:
    """Return ``values`` as an array with a first axis; ``None`` stays ``None``.

    Raises:
        ValueError: values that are not numbers, or only one number.
    """
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
    """Return one weight per sample, from the class that its label (an integer or one-hot) names.

    Raises:
        ValueError: something else than a dictionary, or labels with three or more axes.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            "`class_weight` must be a dictionary that gives classes their weights, as {0: 1.0, 1: 2.5}. "
            f"Received: class_weight={class_weight!r}"
        )
    if y.ndim > 2:
        raise ValueError(
            "`class_weight` not supported for labels with 3 or more axes: give a `sample_weight` per pixel. "
            f"Received: y.shape={y.shape}"
        )
    classes = y
    if y.ndim == 2:
        classes = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    weights = np.ones(len(y), np.float32)
    for label, weight in class_weight.items():
        weights[np.round(classes) == label] = weight
    return weights


def check_epochs(**numbers: int) -> None:
    """Raise a ``ValueError`` unless all numbers of epochs are integers."""
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer):
            raise ValueError(f"`{name}` must be an integer. Received: {name}={number!r}")


def unpack_validation_data(model, validation_data) -> Data:
    """Return ``Data`` from the tuple (x, y) or (x, y, sample_weight).

    Raises:
        ValueError: something else than such a tuple.
    """
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
        raise ValueError(
            "`validation_data` must be a tuple (x_val, y_val) or (x_val, y_val, sample_weight). "
            f"Received: {type(validation_data).__name__}"
        )
    return make_data(model, *validation_data)
