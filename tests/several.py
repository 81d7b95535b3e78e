"""One array or a list of arrays: what goes into a layer with one input, or with several."""

from collections.abc import Callable

import numpy as np


def each(function: Callable, data):
    """Return ``function(data)``, or the list of ``function(array)`` if the data are a list."""
    return [function(array) for array in data] if isinstance(data, list) else function(data)


def as_list(data) -> list:
    """Return the data as a list of arrays."""
    return data if isinstance(data, list) else [data]


def shape_of(data):
    """Return the shape of an array, or the list of the shapes of several: what ``build`` is given."""
    return each(lambda array: array.shape, data)


def some_inputs(shapes, dtype="float64", seed=7) -> list:
    """Return standard normal numbers of the shapes."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]
