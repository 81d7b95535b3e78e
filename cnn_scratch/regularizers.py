"""Regularizers: penalties on the size of a parameter, added to the loss.

A regularizer gives the penalty, ``regularizer(x)``, and its gradient, ``regularizer.gradient(x)``,
which the training loop adds to the parameter's gradient.
"""

import math
from typing import Any

import numpy as np

from cnn_scratch.absent import absent
from cnn_scratch.serialization import deserialize_callable, serialize_object


class Regularizer:
    """Base class. Your own penalty defines ``__call__``, ``gradient`` and ``get_config``."""

    def __call__(self, x: np.ndarray) -> float:
        """Return the penalty of ``x``."""
        raise NotImplementedError

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return ∂penalty/∂x, an array like ``x``."""
        raise NotImplementedError

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict) -> "Regularizer":
        """Make a regularizer from the dictionary that ``get_config`` returned."""
        return cls(**config)


class _Powers(Regularizer):
    """``l1·Σ|x| + l2·Σx²``, of which the subclasses expose one or both terms."""

    l1 = 0.0
    l2 = 0.0

    def __call__(self, x: np.ndarray) -> float:
        """Return the penalty of ``x`` as a Python float, summed in float64."""
        x = np.asarray(x)
        l1, l2 = self._rounded_factors()
        penalty = 0.0
        if l1:
            penalty += l1 * float(np.abs(x).sum(dtype=np.float64))
        if l2:
            penalty += l2 * float(np.square(x).sum(dtype=np.float64))
        return penalty

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return ∂penalty/∂x = ``l1·sign(x) + 2·l2·x``, an array like ``x``; sign(0) = 0."""
        x = np.asarray(x)
        l1, l2 = self._rounded_factors()
        gradient = np.zeros_like(x)
        if l1:
            gradient += x.dtype.type(l1) * np.sign(x)
        if l2:
            gradient += x.dtype.type(2 * l2) * x
        return gradient

    def _rounded_factors(self) -> tuple[float, float]:
        """Return both factors rounded to float32, as Keras rounds them even for a float64 ``x``."""
        return float(np.float32(self.l1)), float(np.float32(self.l2))


class L1(_Powers):
    """The lasso penalty ``l1·Σ|x|``: it drives small weights to exactly zero.

    Args:
        l1: factor, not negative.

    Raises:
        ValueError: ``l1`` is negative, infinite or not a number.
    """

    def __init__(self, l1: float = 0.01):
        # Keras keeps this one factor as a float32; the configs of L2 and L1L2 have it in full.
        self.l1 = float(np.float32(_check_factor(0.01 if l1 is None else l1, "l1")))

    def get_config(self) -> dict:
        return {"l1": self.l1}


class L2(_Powers):
    """The ridge penalty ``l2·Σx²``: it pulls every weight towards zero in proportion to its size.

    Args:
        l2: factor, not negative.

    Raises:
        ValueError: ``l2`` is negative, infinite or not a number.
    """

    def __init__(self, l2: float = 0.01):
        self.l2 = _check_factor(0.01 if l2 is None else l2, "l2")

    def get_config(self) -> dict:
        return {"l2": self.l2}


class L1L2(_Powers):
    """Both penalties: ``l1·Σ|x| + l2·Σx²`` (the elastic net).

    Args:
        l1: factor of Σ|x|, not negative.
        l2: factor of Σx², not negative.

    Raises:
        ValueError: a factor is negative, infinite or not a number.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = _check_factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _check_factor(0.0 if l2 is None else l2, "l2")

    def get_config(self) -> dict:
        return {"l1": self.l1, "l2": self.l2}


class Both(Regularizer):
    """The sum of two penalties.

    Args:
        one, other: the regularizers.
    """

    def __init__(self, one: Regularizer, other: Regularizer):
        self.one, self.other = one, other

    def __call__(self, x: np.ndarray) -> float:
        return self.one(x) + self.other(x)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.one.gradient(x) + self.other.gradient(x)

    def get_config(self) -> dict:
        raise ValueError(
            "A file holds one penalty on the outputs of an activation. "
            f"Received: two of them, {self.one!r} and {self.other!r}"
        )


def activity_penalty(regularizer: Regularizer, outputs: np.ndarray) -> float:
    """Return the penalty on the outputs of a layer: the mean over the samples, as in Keras."""
    return regularizer(outputs) / max(len(outputs), 1)


def activity_gradient(regularizer: Regularizer, outputs: np.ndarray) -> np.ndarray:
    """Return ∂penalty/∂outputs of ``activity_penalty``."""
    return regularizer.gradient(outputs) / outputs.dtype.type(max(len(outputs), 1))


l1, l2, l1_l2 = L1, L2, L1L2  # Keras's other names

_OWN = "Write a subclass of `regularizers.Regularizer` with `__call__`, `gradient` and `get_config`."
__getattr__ = absent(
    __name__,
    ["L1", "L2", "L1L2", "l1", "l2", "l1_l2", "Regularizer", "get", "serialize", "deserialize"],
    {"OrthogonalRegularizer": _OWN, "orthogonal_regularizer": _OWN},
)

_TABLE = {"L1": L1, "l1": L1, "L2": L2, "l2": L2, "L1L2": L1L2, "l1l2": L1L2, "l1_l2": L1L2}


def get(identifier: Any) -> Regularizer | None:
    """Return the regularizer for a name, a serialized node, a class or an object; ``None`` for ``None``.

    Raises:
        ValueError: the name is unknown, or the object has no ``gradient`` (a plain function, say).
    """
    regularizer = deserialize_callable(identifier, _TABLE, "regularizer")
    if regularizer is not None and not _differentiates(type(regularizer)):
        raise ValueError(
            "A regularizer needs its gradient besides the penalty, so a plain function, or a class with "
            f"`__call__` only, cannot be one. {_OWN} Received: {regularizer}"
        )
    return regularizer


def _differentiates(kind: type) -> bool:
    """Return whether the class that says what the penalty is says what its gradient is, too."""
    definer = next(cls for cls in kind.__mro__ if {"__call__", "gradient"} & vars(cls).keys())
    return definer is not Regularizer and "gradient" in vars(definer)


def serialize(regularizer: Regularizer | None) -> dict | None:
    """Return a regularizer as a Keras node."""
    return serialize_object("keras.regularizers", regularizer)


def deserialize(node: Any) -> Regularizer | None:
    """Return the regularizer that a Keras node describes."""
    return get(node)


def _check_factor(value, name: str) -> float:
    is_number = isinstance(value, int | float) and math.isfinite(value)
    if not is_number or value < 0:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float. Received: {name}={value}"
        )
    return float(value)
