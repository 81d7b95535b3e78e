"""Axes: an argument that names one axis or several, and arrays as rows along them."""

import math

import numpy as np

from cnn_scratch.shapes import Shape


def standardize_axis(axis) -> int | list[int]:
    """Return the argument ``axis`` as an integer or a list of integers, or raise a ``ValueError``."""
    axes = list(axis) if isinstance(axis, list | tuple) else [axis]
    if not axes or not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in axes):
        raise ValueError(
            f"The `axis` argument must be an integer or a list of integers. Received: axis={axis!r}"
        )
    axes = [int(n) for n in axes]
    return axes if isinstance(axis, list | tuple) else axes[0]


def standardize_one_axis(axis) -> int:
    """Return the argument ``axis`` as an integer, or raise a ``ValueError``."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        raise ValueError(f"The `axis` argument must be an integer. Received: axis={axis!r}")
    return int(axis)


def counted_from_0(axis: int | list[int], input_shape: Shape, layer_name: str) -> tuple[int, ...]:
    """Return the axes as numbers from 0 to the rank − 1, in ascending order.

    Raises:
        ValueError: the inputs do not have an axis, or one is given twice.
    """
    rank = len(input_shape)
    axes = axis if isinstance(axis, list) else [axis]
    found = sorted({n % rank for n in axes if -rank <= n < rank})
    if len(found) < len(axes):
        raise ValueError(
            f"The `axis` of layer '{layer_name}' must name axes of its input, each once. "
            f"Received: axis={axis}, shape {tuple(input_shape)}"
        )
    return tuple(found)


def to_last_axis(array: np.ndarray, axis: int) -> np.ndarray:
    """Return ``array``, contiguous, with the axis ``axis`` (of the channels) moved to the end."""
    return np.ascontiguousarray(np.moveaxis(array, axis, -1))


def from_last_axis(array: np.ndarray, axis: int) -> np.ndarray:
    """Return ``array``, contiguous, with the last axis moved to where ``axis`` says."""
    return np.ascontiguousarray(np.moveaxis(array, -1, axis))


def to_rows(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return ``array`` as a matrix (R, D): a row holds the numbers along ``axes``, one for every other place.

    Nothing is copied if ``axes`` are the last ones.
    """
    order = _rows_first(axes, array.ndim)
    D = math.prod(array.shape[axis] for axis in axes)
    R = math.prod(array.shape[axis] for axis in order[: array.ndim - len(axes)])
    return np.ascontiguousarray(array.transpose(order)).reshape(R, D)


def from_rows(rows: np.ndarray, axes: tuple[int, ...], shape: Shape) -> np.ndarray:
    """Return the array of ``shape`` whose rows along ``axes`` are the rows of a matrix (R, D)."""
    order = _rows_first(axes, len(shape))
    moved = rows.reshape([shape[axis] for axis in order])
    return np.ascontiguousarray(moved.transpose(np.argsort(order)))


def _rows_first(axes: tuple[int, ...], rank: int) -> list[int]:
    """Return all axes in the order: those that count the rows, those along a row."""
    return [axis for axis in range(rank) if axis not in axes] + list(axes)
