"""How each pixel of an image of another size is made from pixels of the given one.

Every method works on rows and on columns separately, and is linear: along one axis, output pixel o is a
weighted sum of some input pixels, its *taps*::

    outputs[o] = Σ_t weights[t] · inputs[indices[t]]      for starts[o] ≤ t < starts[o + 1]

With the pixels' centres at ½, 1½, 2½, …, output pixel o stands at (o + ½) · size / target in the input.
These positions are computed in float32, as TensorFlow does, so that the same pixels are chosen where a
position lies on the border between two of them.
"""

import functools
from dataclasses import dataclass

import numpy as np

from cnn_scratch.shapes import standardize_tuple

METHODS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area")


@dataclass(frozen=True, eq=False)
class Taps:
    """The taps of all output pixels of one axis, one after the other; see above.

    Args:
        size: the number of input pixels.
        starts: (O + 1,) int64.
        indices, weights: (T,) int64 and float64.
    """

    size: int
    starts: np.ndarray
    indices: np.ndarray
    weights: np.ndarray

    @functools.cached_property
    def transposed(self) -> "Taps":
        """The way back: to each input pixel, the output pixels it was used for, with the same weights."""
        outputs = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))  # (T,)
        order = np.argsort(self.indices, kind="stable")
        counts = np.bincount(self.indices, minlength=self.size)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Taps(len(self.starts) - 1, starts, outputs[order], self.weights[order])


def standardize_interpolation(value: str) -> str:
    """Return one of ``METHODS`` in lower case, or raise a ``ValueError``."""
    method = value.lower() if isinstance(value, str) else value
    if method not in METHODS:
        raise ValueError(
            f"Invalid value for argument `interpolation`. Expected one of {METHODS}. "
            f"Received: interpolation={value!r}"
        )
    return method


@functools.lru_cache(maxsize=256)
def taps_of(method: str, size: int, target: int, antialias: bool = False) -> Taps:
    """Return how ``target`` pixels are made of ``size`` pixels.

    Args:
        method: one of ``METHODS``.
        antialias: whether a filter is made as wide as an output pixel where the image shrinks; not for
            ``"nearest"`` and ``"area"``, as in TensorFlow.
    """
    if method == "bicubic" and not antialias:
        weights = _cubic(size, target)
    elif method in ("nearest", "area"):
        weights = {"nearest": _nearest, "area": _area}[method](size, target)
    else:
        weights = _filtered(method, size, target, antialias)
    return from_matrix(weights)


@functools.lru_cache(maxsize=256)
def mean_taps(size: int, target: int) -> Taps:
    """Return the taps of adaptive average pooling: the mean of each of ``adaptive_windows``."""
    weights = np.zeros((target, size))
    for o, (start, end) in enumerate(adaptive_windows(size, target)):
        weights[o, start:end] = 1 / (end - start)
    return from_matrix(weights)


def adaptive_windows(size: int, target: int) -> list[tuple[int, int]]:
    """Return ``target`` windows (start, end) of nearly equal length that cover ``size`` pixels.

    Window o goes from ⌊o · size / target⌋ to ⌈(o + 1) · size / target⌉.
    """
    return [(o * size // target, -(-(o + 1) * size // target)) for o in range(target)]


def standardize_output_size(value) -> tuple[int, int]:
    """Return the ``output_size`` of an adaptive pooling layer as (OH, OW).

    Raises:
        TypeError: neither an integer nor a pair.
        ValueError: numbers that are not positive integers.
    """
    if not isinstance(value, int | np.integer) and not (isinstance(value, tuple | list) and len(value) == 2):
        raise TypeError(f"`output_size` must be an integer or (height, width) tuple. Received: {value!r}")
    return standardize_tuple(value, 2, "output_size")


def from_matrix(weights: np.ndarray) -> Taps:
    """Return the taps of the weights (target, size): those that are not 0."""
    outputs, indices = np.nonzero(weights)
    starts = np.searchsorted(outputs, np.arange(len(weights) + 1))
    return Taps(weights.shape[1], starts, indices, weights[outputs, indices])


def _positions(size: int, target: int) -> np.ndarray:
    """Return where the centres of the output pixels stand, (target,) float32."""
    scale = np.float32(size) / np.float32(target)
    return (np.arange(target, dtype=np.float32) + np.float32(0.5)) * scale


def _nearest(size: int, target: int) -> np.ndarray:
    """The pixel in which the position lies."""
    weights = np.zeros((target, size))
    weights[np.arange(target), np.minimum(np.floor(_positions(size, target)).astype(int), size - 1)] = 1
    return weights


def _area(size: int, target: int) -> np.ndarray:
    """The mean of the pixels that the output pixel covers, with the part of each that it covers."""
    scale = np.float32(size) / np.float32(target)
    first = (np.arange(target, dtype=np.float32) * scale)[:, np.newaxis]
    last = (np.arange(1, target + 1, dtype=np.float32) * scale)[:, np.newaxis]
    pixels = np.arange(size, dtype=np.float64)
    covered = np.maximum(np.minimum(last, pixels + 1) - np.maximum(first, pixels), 0)  # (target, size)
    return covered / covered.sum(axis=1, keepdims=True)


def _cubic(size: int, target: int) -> np.ndarray:
    """Keys' cubic through four pixels; at the border through those that there are.

    The distance to the pixels is rounded to 1/1024, as in TensorFlow, which looks the weights up.
    """
    positions = _positions(size, target) - np.float32(0.5)
    before = np.floor(positions)
    distance = np.rint((positions - before).astype(np.float64) * 1024) / 1024  # to the pixel before
    weights = np.zeros((target, size))
    for step in (-1, 0, 1, 2):
        pixels = before.astype(int) + step
        inside = (pixels >= 0) & (pixels < size)
        weights[np.flatnonzero(inside), pixels[inside]] = _keys(np.abs(step - distance))[inside]
    return weights / weights.sum(axis=1, keepdims=True)


def _filtered(method: str, size: int, target: int, antialias: bool) -> np.ndarray:
    """A filter around the position; at the border the weights that are left are made to add up to 1."""
    shape, radius = _FILTERS[method]
    width = max(size / target, 1.0) if antialias else 1.0
    distances = np.arange(size) + 0.5 - _positions(size, target)[:, np.newaxis].astype(np.float64)
    distances = np.abs(distances) / width  # (target, size)
    weights = np.where(distances < radius, shape(distances), 0)
    return weights / weights.sum(axis=1, keepdims=True)


def _triangle(x: np.ndarray) -> np.ndarray:
    return 1 - x


def _keys(x: np.ndarray) -> np.ndarray:
    """R. Keys, Cubic convolution interpolation for digital image processing, 1981, with a = −½."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: int):
    """sinc(x) · sinc(x / radius)."""
    return lambda x: np.sinc(x) * np.sinc(x / radius)


_FILTERS = {
    "bilinear": (_triangle, 1),
    "bicubic": (_keys, 2),
    "lanczos3": (_lanczos(3), 3),
    "lanczos5": (_lanczos(5), 5),
}
