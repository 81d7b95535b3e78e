"""The base class of every initializer."""

from collections.abc import Sequence

import numpy as np


class Initializer:
    """Base class: an object called as ``initializer(shape, dtype="float32")``."""

    def __call__(self, shape: Sequence[int], dtype="float32") -> np.ndarray:
        """Return a new array of this shape and dtype."""
        raise NotImplementedError

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Initializer":
        """Make an initializer from the dictionary that ``get_config`` returned."""
        return cls(**config)
