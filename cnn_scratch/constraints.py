"""Constraints: conditions that parameters are brought back to after each step of the optimizer.

A constraint is a function of the parameter's value that returns the nearest value (or one nearby) that is
allowed. The norms are those of the columns of a ``Dense`` kernel by default: ``axis`` names the axes over
which the squares are summed, ``axis=[0, 1, 2]`` those of each filter of a ``Conv2D``.
"""

import math
from typing import Any

import numpy as np

from cnn_scratch.serialization import class_table, deserialize_callable, serialize_object

EPSILON = 1e-7  # Keras's, so that a norm of 0 divides nothing


class Constraint:
    """Base class: every value is allowed."""

    def __call__(self, w: np.ndarray) -> np.ndarray:
        """Return an allowed value; ``w`` itself is left as it is."""
        return np.asarray(w)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Constraint":
        """Make a constraint from the dictionary that ``get_config`` returned."""
        return cls(**config)


class NonNeg(Constraint):
    """No number below 0: negative ones become 0.

    Example:
        >>> NonNeg()(np.array([-1.0, 0.5]))
        array([0. , 0.5])
    """

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        return np.maximum(w, w.dtype.type(0))


class MaxNorm(Constraint):
    """No norm above ``max_value``: longer vectors are shortened to it.

    Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Args:
        max_value: the largest norm, not negative.
        axis: the axes of one vector; ``None`` means all.

    Raises:
        ValueError: an argument of another kind.

    Example:
        The norms are 5 and 1; the first column is shortened to 2.

        >>> MaxNorm(2.0)(np.array([[3.0, 0.0], [4.0, 1.0]])).round(3)
        array([[1.2, 0. ],
               [1.6, 1. ]])
    """

    def __init__(self, max_value: float = 2, axis=0):
        self.max_value = _check_number(max_value, "max_value")
        self.axis = _check_axis(axis)

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        norms = _norms(w, self.axis)
        return w * (np.minimum(norms, w.dtype.type(self.max_value)) / (w.dtype.type(EPSILON) + norms))

    def get_config(self) -> dict:
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Every norm is 1, except that of a vector of zeros.

    Args:
        axis: the axes of one vector; ``None`` means all.

    Raises:
        ValueError: another kind of axis.
    """

    def __init__(self, axis=0):
        self.axis = _check_axis(axis)

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        return w / (w.dtype.type(EPSILON) + _norms(w, self.axis))

    def get_config(self) -> dict:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Every norm is between two bounds, or is brought nearer to them after each step.

    Args:
        min_value: the smallest norm, not negative.
        max_value: the largest norm, not negative.
        rate: how much of the way to the bound is done in each step, from 0 to 1.
        axis: the axes of one vector; ``None`` means all.

    Raises:
        ValueError: an argument of another kind or out of range.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis=0):
        self.min_value = _check_number(min_value, "min_value")
        self.max_value = _check_number(max_value, "max_value")
        self.rate = _check_number(rate, "rate", 1)
        self.axis = _check_axis(axis)

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        dtype = w.dtype.type
        norms = _norms(w, self.axis)
        bounded = np.maximum(np.minimum(norms, dtype(self.max_value)), dtype(self.min_value))
        wanted = dtype(self.rate) * bounded + dtype(1 - self.rate) * norms
        return w * (wanted / (dtype(EPSILON) + norms))

    def get_config(self) -> dict:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm  # Keras's other names

_TABLE = class_table(Constraint, MaxNorm, NonNeg, UnitNorm, MinMaxNorm)


def get(identifier: Any) -> Constraint | None:
    """Return the constraint for a name, a serialized node, a class or a callable; ``None`` for ``None``.

    Raises:
        ValueError: the name is unknown, or the object cannot be called.
    """
    return deserialize_callable(identifier, _TABLE, "constraint")


def serialize(constraint: Constraint | None) -> dict | None:
    """Return a constraint as a Keras node."""
    return serialize_object("keras.constraints", constraint)


def deserialize(node: Any) -> Constraint | None:
    """Return the constraint that a Keras node describes."""
    return get(node)


def _norms(w: np.ndarray, axis) -> np.ndarray:
    """Return √Σ w² over the axes, which stay as axes of size 1."""
    axes = tuple(axis) if isinstance(axis, list | tuple) else axis
    return np.sqrt(np.square(w).sum(axis=axes, keepdims=True))


def _check_number(value, name: str, high: float = math.inf) -> float:
    is_number = (
        isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
    )
    if not is_number or not 0 <= value <= high:
        limits = "at least 0" if high == math.inf else f"from 0 to {high}"
        raise ValueError(
            f"Invalid value for argument {name}: expected a number {limits}. Received: {name}={value}"
        )
    return value


def _check_axis(axis):
    axes = axis if isinstance(axis, list | tuple) else [axis]
    if axis is not None and not all(type(one) is int for one in axes):
        raise ValueError(
            f"Expected `axis` to be an integer, a list of integers or None. Received: axis={axis}"
        )
    return axis
