"""The methods that programs often call on a ``tf.data.Dataset``: they make other batches of a data set's."""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from cnn_scratch.random import make_default_seed, make_generator

INFINITE, UNKNOWN = -1, -2  # numbers of elements, as in TensorFlow


class Batches(ABC):
    """Elements that can be gone through again and again; every iteration is an epoch.

    An element is a batch, (images, labels) or images alone; after ``unbatch`` it is one image with its label.

    Attributes:
        file_paths: of the images.
        class_names: the class of label 0, 1, …
    """

    file_paths: list[str]
    class_names: list[str] | None

    @abstractmethod
    def cardinality(self) -> int:
        """Return the number of elements of an epoch: −1 if there is no end, −2 if it is not known."""

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """Go through the elements of an epoch."""

    def __len__(self) -> int:
        """Return the number of elements of an epoch.

        Raises:
            TypeError: there is no end, or it is not known.
        """
        number = self.cardinality()
        if number == INFINITE:
            raise TypeError("The dataset is infinite.")
        if number == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return number

    def __bool__(self) -> bool:
        return True

    # Which elements, and in which order ---------------------------------------------------------

    def take(self, count: int) -> "Batches":
        """Return the first ``count`` elements of an epoch; all if it is −1, as in TensorFlow."""
        stop = None if count < 0 else count
        return View(
            self,
            lambda elements: itertools.islice(elements, stop),
            lambda number: number if stop is None else stop if number == INFINITE else min(stop, number),
        )

    def skip(self, count: int) -> "Batches":
        """Return the elements after the first ``count`` of an epoch; none if it is −1."""
        if count < 0:
            return self.take(0)
        return View(
            self,
            lambda elements: itertools.islice(elements, count, None),
            lambda number: number if number < 0 else max(0, number - count),
        )

    def repeat(self, count: int | None = None) -> "Batches":
        """Return the elements of ``count`` epochs as one; for ever if it is ``None`` or −1."""
        count = INFINITE if count is None else count

        def repeated(elements: Iterable) -> Iterator[Any]:
            for _ in itertools.count() if count < 0 else range(count):
                is_empty = True
                for element in elements:
                    is_empty = False
                    yield element
                if is_empty:
                    return

        def repeated_number(number: int) -> int:
            if 0 in (number, count):
                return 0
            return INFINITE if count < 0 else number if number < 0 else number * count

        return View(self, repeated, repeated_number)

    def concatenate(self, dataset: Iterable) -> "Batches":
        """Return the elements, and behind them those of another data set."""

        def both(number: int) -> int:
            numbers = number, cardinality(dataset)
            return sum(numbers) if min(numbers) >= 0 else INFINITE if INFINITE in numbers else UNKNOWN

        return View(self, lambda elements: itertools.chain(elements, dataset), both)

    def filter(self, predicate: Callable) -> "Batches":
        """Return the elements for which ``predicate(images, labels)`` is true."""
        return View(
            self, lambda elements: (one for one in elements if call(predicate, one)), lambda _: UNKNOWN
        )

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True
    ) -> "Batches":
        """Return the elements in a random order.

        Args:
            buffer_size: so many elements are read ahead, and each time one of them is drawn.
            seed: of the order.
            reshuffle_each_iteration: whether it is drawn anew for each epoch.
        """
        seed = make_default_seed() if seed is None else seed
        generator = make_generator(seed)

        def shuffled(elements: Iterable) -> Iterator[Any]:
            draw = generator if reshuffle_each_iteration else make_generator(seed)
            elements = iter(elements)
            waiting = list(itertools.islice(elements, buffer_size))
            while waiting:
                place = int(draw.integers(len(waiting)))
                yield waiting[place]
                waiting[place : place + 1] = itertools.islice(elements, 1)

        return View(self, shuffled)

    # Other elements -----------------------------------------------------------------------------

    def map(self, map_func: Callable, num_parallel_calls=None, deterministic=None) -> "Batches":
        """Return the elements, each passed through ``map_func(images, labels)``.

        Args:
            map_func: is given the parts of a tuple one by one, anything else as it is.
            num_parallel_calls, deterministic: of TensorFlow; without a meaning here.
        """
        return View(self, lambda elements: (call(map_func, element) for element in elements))

    def enumerate(self, start: int = 0) -> "Batches":
        """Return (number, element) for each element."""
        return View(self, lambda elements: enumerate(elements, start))

    def batch(self, batch_size: int, drop_remainder: bool = False) -> "Batches":
        """Return batches of ``batch_size`` elements.

        Args:
            batch_size: elements, all of one shape, that are stacked along a new first axis.
            drop_remainder: whether a smaller last batch is left out.

        Raises:
            ValueError: a size below 1.
        """
        if batch_size < 1:
            raise ValueError(f"Batch size must be greater than zero. Received: batch_size={batch_size}")

        def batched(elements: Iterable) -> Iterator[Any]:
            elements = iter(elements)
            while group := list(itertools.islice(elements, batch_size)):
                if len(group) == batch_size or not drop_remainder:
                    yield stacked(group)

        rounded = math.floor if drop_remainder else math.ceil
        return View(self, batched, lambda number: number if number < 0 else rounded(number / batch_size))

    def unbatch(self) -> "Batches":
        """Return every row of every batch as an element."""
        return View(self, lambda elements: itertools.chain.from_iterable(map(rows, elements)), _not_known)

    def rebatch(self, batch_size: int, drop_remainder: bool = False) -> "Batches":
        """Return the same rows in batches of another size; see ``batch``."""
        batched = self.unbatch().batch(batch_size, drop_remainder)
        return View(batched, iter, _not_known)

    # When they are made -------------------------------------------------------------------------

    def cache(self, filename: str = "") -> "Batches":
        """Return the elements of the first whole epoch, which stay in memory for the later ones.

        Raises:
            ValueError: a file name; they are kept in memory only.
        """
        if filename:
            raise ValueError(f"Elements are kept in memory only. Received: filename={filename!r}")
        kept: list[Any] = []

        def kept_or_read(elements: Iterable) -> Iterator[Any]:
            if not kept:
                read = []
                for element in elements:
                    read.append(element)
                    yield element
                kept[:] = read
            else:
                yield from kept

        return View(self, kept_or_read)

    def prefetch(self, buffer_size=None) -> "Batches":
        """Return this object: elements are made when they are needed."""
        return self

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Go through the elements of an epoch: they are NumPy's arrays anyway."""
        return iter(self)


def _as_many(number: int) -> int:
    return number


def _not_known(number: int) -> int:
    return number if number == INFINITE else UNKNOWN


class View(Batches):
    """Elements that are made of others.

    Args:
        source: the others.
        change: is given the elements of an epoch, and goes through those that are made of them.
        number: how many these are, for a number of the others.
    """

    def __init__(
        self,
        source: Batches,
        change: Callable[[Iterable], Iterator[Any]],
        number: Callable[[int], int] = _as_many,
    ):
        self.source = source
        self.change = change
        self.number = number
        self.class_names = source.class_names
        self.file_paths = source.file_paths

    def cardinality(self) -> int:
        return self.number(self.source.cardinality())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.change(self.source))


def cardinality(elements: Iterable) -> int:
    """Return the number of elements of anything that can be gone through; −2 if it does not say it."""
    if isinstance(elements, Batches):
        return elements.cardinality()
    return len(elements) if hasattr(elements, "__len__") else UNKNOWN


def call(function: Callable, element: Any) -> Any:
    """Call a function with the parts of a tuple, or with anything else as it is."""
    return function(*element) if isinstance(element, tuple) else function(element)


def stacked(elements: list[Any]) -> Any:
    """Return elements of one structure as one with arrays along a new first axis.

    >>> stacked([(1, {"a": 2}), (3, {"a": 4})])
    (array([1, 3]), {'a': array([2, 4])})
    """
    first = elements[0]
    if isinstance(first, dict):
        return {key: stacked([element[key] for element in elements]) for key in first}
    if isinstance(first, tuple):
        return tuple(stacked(list(parts)) for parts in zip(*elements, strict=True))
    return np.stack(elements)


def rows(batch: Any) -> Iterator[Any]:
    """Go through the rows of a batch, each in its structure.

    >>> list(rows((np.eye(2), {"a": np.ones((2, 1))})))[1]
    (array([0., 1.]), {'a': array([1.])})
    """
    if isinstance(batch, dict):
        return (
            dict(zip(batch, parts, strict=True)) for parts in zip(*map(rows, batch.values()), strict=True)
        )
    if isinstance(batch, tuple):
        return zip(*map(rows, batch), strict=True)
    return iter(batch)
