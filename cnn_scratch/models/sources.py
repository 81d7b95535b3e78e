"""Where ``fit``, ``evaluate`` and ``predict`` get their batches from: arrays, or something that makes them.

Something that makes batches is a generator, a ``PyDataset``, or any object that can be iterated and is
not an array, a list or a dictionary: what ``image_dataset_from_directory`` returns, a ``DataLoader`` of
PyTorch, a ``tf.data.Dataset``. Each batch is a tuple (x,), (x, y) or (x, y, sample_weight), or x alone.
"""

import itertools
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnn_scratch.models.data import Data, make_data, unpack_validation_data
from cnn_scratch.random import shuffled_indices
from cnn_scratch.utils.py_dataset import PyDataset


class Source(ABC):
    """The batches of a run, epoch after epoch.

    Attributes:
        steps: the batches of an epoch; ``None`` if that is not known before the first one ends.
        samples: the samples of an epoch; ``None`` if not known.
        batch_size: ``None`` if not known.
    """

    steps: int | None
    samples: int | None = None
    batch_size: int | None = None

    def __init__(self, steps_per_epoch: int | None):
        if steps_per_epoch is not None and (
            not isinstance(steps_per_epoch, int | np.integer) or steps_per_epoch < 1
        ):
            raise ValueError(f"The number of steps must be a positive integer. Received: {steps_per_epoch!r}")
        self._limit = steps_per_epoch
        self._rest: Iterator[Data] | None = None

    @abstractmethod
    def _begin(self) -> Iterator[Data]:
        """Return an iterator over the data from its beginning (if it can be begun again)."""

    def epoch(self) -> Iterator[Data] | None:
        """Return the batches of the next epoch, ``None`` if there is nothing left.

        Without a limit of steps they are all there are. With one the next epoch goes on where this one
        ended, as in Keras, and at the end of the data with its beginning.
        """
        batches = self._begin() if self._limit is None else self._next_steps()
        first = next(batches, None)
        return None if first is None else itertools.chain([first], batches)

    def first_epoch(self, what: str) -> Iterator[Data]:
        """Return the batches of the first epoch of the method ``what``, or raise a ``ValueError``."""
        batches = self.epoch()
        if batches is None:
            raise ValueError(f"`{what}` expects at least one sample. Received: {self.received()}")
        return batches

    @abstractmethod
    def require_labels(self) -> None:
        """Raise a ``ValueError`` if it is known that there is nothing to train on."""

    @abstractmethod
    def split_off(self, fraction: float, batch_size: int | None, steps: int | None) -> "Source":
        """Take the last ``fraction`` of the samples away, and return them as a source of their own."""

    @abstractmethod
    def received(self) -> str:
        """Say in a few words what the source was made of."""

    def restart(self) -> None:
        """Let the next epoch begin with the first batch."""
        self._rest = None

    def _next_steps(self) -> Iterator[Data]:
        """Yield as many batches as the limit says, from where the last epoch ended.

        Only at its first step an epoch may begin the data anew: data that end in the middle of one are too
        few, as in Keras.
        """
        for step in range(self._limit):
            batch = None if self._rest is None else next(self._rest, None)
            if batch is None and step == 0:
                self._rest = self._begin()
                batch = next(self._rest, None)
            if batch is None:
                if step:
                    warn_of_the_end()
                return
            yield batch

    def plan(self, **more) -> dict[str, int | None]:
        """Return what callbacks are told about a run, ``params``."""
        return {"steps": self.steps, "samples": self.samples, "batch_size": self.batch_size} | more


class Arrays(Source):
    """Batches that are cut from arrays.

    Args:
        data: all samples.
        batch_size: samples per step; ``None`` divides the samples by the steps, or is 32 without a limit.
        shuffle, steps_per_epoch: see ``Model.fit``.
        weighs_classes: whether the weights of the samples are those of their classes.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int | None,
        shuffle: bool,
        steps_per_epoch: int | None,
        weighs_classes: bool = False,
    ):
        super().__init__(steps_per_epoch)
        self.data = data
        self.weighs_classes = weighs_classes
        self._given_batch_size = check_batch_size(batch_size)
        self.shuffle = shuffle
        self._count()

    def _count(self) -> None:
        in_each_step = -(-len(self.data) // self._limit) if self._limit else 32
        self.batch_size = self._given_batch_size or max(1, in_each_step)
        self.steps = self._limit or -(-len(self.data) // self.batch_size)
        self.samples = min(len(self.data), self.steps * self.batch_size)

    def _begin(self) -> Iterator[Data]:
        return self.data.batches(self.batch_size, self.shuffle)

    def split_off(self, fraction: float, batch_size: int | None, steps: int | None) -> "Arrays":
        self.data, last = self.data.split(fraction)
        self._count()
        if self.weighs_classes:  # they count in training only, as in Keras
            last = Data(last.x, last.y)
        return Arrays(last, batch_size or self._given_batch_size, False, steps)

    def require_labels(self) -> None:
        if not len(self.data) or self.data.y is None:
            labels = " without labels" if self.data.y is None else ""
            raise ValueError(f"`fit` expects samples and labels. Received: {self.received()}{labels}")

    def received(self) -> str:
        return f"{len(self.data)} samples"


class Batches(Source):
    """Batches that an iterable makes."""

    def __init__(self, model, batches, class_weight, shuffle: bool, steps_per_epoch: int | None):
        super().__init__(steps_per_epoch)
        self.model = model
        self.batches = batches
        self.class_weight = class_weight
        self.shuffle = shuffle
        self.steps = steps_per_epoch or _length(batches)

    def epoch(self) -> Iterator[Data] | None:
        """Return the batches of the next epoch; a ``PyDataset`` is told about its beginning and its end."""
        if not isinstance(self.batches, PyDataset):
            return super().epoch()
        self.batches.on_epoch_begin()
        batches = super().epoch()
        return None if batches is None else self._until_the_end(batches)

    def _until_the_end(self, batches: Iterator[Data]) -> Iterator[Data]:
        yield from batches
        self.batches.on_epoch_end()

    def _begin(self) -> Iterator[Data]:
        for batch in self._in_order():
            parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
            if not 1 <= len(parts) <= 3:
                raise ValueError(
                    "Expected every batch to be a tuple (x,), (x, y) or (x, y, sample_weight). "
                    f"Received: a {type(batch).__name__} of {len(parts)}"
                )
            yield make_data(self.model, *parts, class_weight=self.class_weight)

    def split_off(self, fraction: float, batch_size: int | None, steps: int | None) -> Source:
        raise ValueError(
            "`validation_split` is only supported for arrays. "
            f"Received: validation_split={fraction} and {self.received()}"
        )

    def require_labels(self) -> None:
        """Do nothing: each batch is looked at when it comes."""

    def received(self) -> str:
        return f"x={type(self.batches).__name__}"

    def _in_order(self) -> Iterator[Any]:
        """Yield the batches as they are made; those of a ``PyDataset`` in the order of this epoch."""
        if not isinstance(self.batches, PyDataset):
            # Not `yield from`: it closes a generator at the last step, and the next run may go on with it.
            for batch in self.batches:  # noqa: UP028
                yield batch
            return
        number = self.batches.num_batches
        if number is None:  # without an end
            order = itertools.count()
        else:
            order = shuffled_indices(number) if self.shuffle else range(number)
        for index in order:
            yield self.batches[int(index)]


def make_source(
    model,
    x,
    y=None,
    sample_weight=None,
    class_weight: Mapping[int, float] | None = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool = False,
) -> Source:
    """Return the source that ``x`` is.

    Raises:
        ValueError: the data do not fit the model, or labels are given beside batches that hold them.
    """
    if not makes_batches(x):
        data = make_data(model, x, y, sample_weight, class_weight)
        return Arrays(data, batch_size, shuffle, steps, class_weight is not None)
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When providing `x` as {type(x).__name__}, `{name}` should not be passed. Instead, it "
                f"should be part of the batches that `x` makes. Received: {name}={type(value).__name__}"
            )
    if isinstance(x, PyDataset) and x.num_batches is None and steps is None:
        raise ValueError(
            "A PyDataset without an end needs a number of steps, `steps_per_epoch` in `fit` and `steps` in "
            "`evaluate` and `predict`. Received: None"
        )
    return Batches(model, x, class_weight, shuffle, steps)


def make_validation(model, validation_data, batch_size: int | None, steps: int | None) -> Source:
    """Return the source that the argument ``validation_data`` is: a tuple of arrays, or batches."""
    if makes_batches(validation_data):
        return make_source(model, validation_data, steps=steps)
    data = unpack_validation_data(model, validation_data)
    return Arrays(data, batch_size, False, steps)


def makes_batches(x) -> bool:
    """Return whether ``x`` makes batches by itself, and is not an array or a structure of arrays."""
    is_data = x is None or isinstance(x, list | tuple | dict | str | bytes | np.ndarray)
    if is_data or hasattr(x, "__array__") or hasattr(x, "shape"):
        return False
    return isinstance(x, PyDataset) or hasattr(x, "__iter__")


def warn_of_the_end() -> None:
    """Say that the data gave fewer batches than were asked for."""
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that it can give at least "
        "`steps_per_epoch * epochs` batches.",
        stacklevel=2,
    )


def check_batch_size(batch_size: int | None) -> int | None:
    """Return ``batch_size``, or raise a ``ValueError``."""
    if batch_size is None:
        return None
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size!r}")
    return int(batch_size)


def _length(batches) -> int | None:
    """Return the number of batches, ``None`` if they do not know it."""
    if isinstance(batches, PyDataset):
        return batches.num_batches
    try:
        return len(batches)
    except TypeError:
        return None
