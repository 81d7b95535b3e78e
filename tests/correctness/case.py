"""What is measured: groups of cases, one group for each layer and option."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CASES = 20  # per group, in each dtype


@dataclass(frozen=True)
class Case:
    """One layer with options, and inputs for it.

    Attributes:
        options: keyword arguments of the layer, ours and Keras's.
        inputs: float64; rounded to the dtype that is measured. A list for a layer with several inputs.
        training: the mode.
        handed: makes of the inputs what our layer is given: another dtype, a strided array, …
    """

    options: dict[str, Any]
    inputs: np.ndarray | list[np.ndarray]
    training: bool = False
    handed: Callable[[np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True)
class Group:
    """Twenty cases of one layer and one option: a row of the table for each dtype.

    Attributes:
        layer: the name of the class, here and in Keras.
        option: what is special, for the table.
        draw: returns the next case, given a random generator and its number.
        without: oracles that do not apply, of ``"Keras"``, ``"PyTorch"``, ``"differences"``; or
            ``"Keras float64"``, where it computes in float32 all the same.
        keras_layer: makes the Keras layer, where it is not the class of the same name.
    """

    layer: str
    option: str
    draw: Callable[[np.random.Generator, int], Case]
    without: tuple[str, ...] = ()
    keras_layer: Callable[..., Any] | None = field(default=None, repr=False)

    def cases(self) -> list[Case]:
        """Return the cases: always the same ones, whatever else is measured."""
        rng = np.random.default_rng(zlib.crc32(f"{self.layer}, {self.option}".encode()))
        return [self.draw(rng, number) for number in range(CASES)]


def images(rng, low=6, high=11, batch=(1, 3), channels=(1, 4)) -> np.ndarray:
    """Return random images (N, H, W, C) of random shape."""
    N, C = rng.integers(*batch, endpoint=True), rng.integers(*channels, endpoint=True)
    return rng.normal(size=(N, *rng.integers(low, high, 2, endpoint=True), C))


def two(rng, low, high, different=False) -> tuple[int, int]:
    """Return two integers from ``low`` to ``high``; if asked for, not the same twice."""
    first, second = (int(n) for n in rng.integers(low, high, 2, endpoint=True))
    if different and first == second:
        second = first + 1 if first < high else low
    return first, second


def pick(rng, *values):
    """Return one of the values."""
    return values[rng.integers(len(values))]


def strided(inputs) -> np.ndarray:
    """Return the inputs as every other column of a larger array."""
    larger = np.zeros((*inputs.shape[:-1], 2 * inputs.shape[-1]), inputs.dtype)
    larger[..., ::2] = inputs
    return larger[..., ::2]


def read_only(inputs) -> np.ndarray:
    """Return an array that cannot be written to."""
    copy = inputs.copy()
    copy.flags.writeable = False
    return copy


# What a layer may be given instead of a fresh array of its own dtype.
KINDS = (
    lambda x: x.astype(np.uint8),
    lambda x: x.astype(np.float16),
    lambda x: x.astype(np.float64),
    lambda x: x.astype(">f4"),
    lambda x: x.astype(np.int64),
    strided,
    read_only,
    np.asfortranarray,
)
