"""What is often called on a ``tf.data.Dataset``: other batches made of those of a data set."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cnn_scratch.random import make_default_seed, make_generator


class Batches(ABC):
    """Batches that can be gone through again and again; every iteration is an epoch.

    Attributes:
        file_paths: of the images.
        class_names: the class of label 0, 1, …
    """

    file_paths: list[str]
    class_names: list[str] | None

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of batches of an epoch."""

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """Go through the batches of an epoch."""

    def take(self, count: int) -> "Batches":
        """Return the first ``count`` batches of an epoch; all if it is negative, as in TensorFlow."""
        count = len(self) if count < 0 else count
        return View(self, lambda batches: itertools.islice(batches, count), min(count, len(self)))

    def skip(self, count: int) -> "Batches":
        """Return the batches after the first ``count`` of an epoch."""
        return View(self, lambda batches: itertools.islice(batches, count, None), max(0, len(self) - count))

    def map(self, function: Callable, num_parallel_calls=None) -> "Batches":
        """Return the batches, each passed through ``function(images, labels)``."""

        def mapped(batches: Iterable) -> Iterator[Any]:
            for batch in batches:
                yield function(*batch) if isinstance(batch, tuple) else function(batch)

        return View(self, mapped, len(self))

    def shuffle(self, buffer_size: int, seed: int | None = None) -> "Batches":
        """Return the batches in an order that is drawn anew for each epoch.

        Args:
            buffer_size: so many batches are read ahead, and each time one of them is drawn.
            seed: of the order.
        """
        generator = make_generator(make_default_seed() if seed is None else seed)

        def shuffled(batches: Iterable) -> Iterator[Any]:
            batches = iter(batches)
            waiting = list(itertools.islice(batches, buffer_size))
            while waiting:
                place = int(generator.integers(len(waiting)))
                yield waiting[place]
                waiting[place : place + 1] = itertools.islice(batches, 1)

        return View(self, shuffled, len(self))

    def cache(self) -> "Batches":
        """Return the batches of the first whole epoch, which stay in memory for the later ones."""
        kept: list[Any] = []

        def kept_or_read(batches: Iterable) -> Iterator[Any]:
            if not kept:
                read = []
                for batch in batches:
                    read.append(batch)
                    yield batch
                kept[:] = read
            else:
                yield from kept

        return View(self, kept_or_read, len(self))

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Go through the batches of an epoch: they are NumPy's arrays anyway."""
        return iter(self)

    def cardinality(self) -> int:
        """Return the number of batches of an epoch."""
        return len(self)

    def prefetch(self, buffer_size=None) -> "Batches":
        """Return this object: batches are made when they are needed."""
        return self


class View(Batches):
    """Batches that are made of others.

    Args:
        source: the others.
        change: is given the batches of an epoch, and goes through those that are made of them.
        length: how many these are.
    """

    def __init__(self, source: Batches, change: Callable[[Iterable], Iterator[Any]], length: int):
        self.source = source
        self.change = change
        self.length = length
        self.class_names = source.class_names
        self.file_paths = source.file_paths

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Any]:
        return iter(self.change(self.source))
