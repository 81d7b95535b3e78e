"""Initializers without chance: the same values whatever the seed."""

import numpy as np

from cnn_scratch.initializers.initializer import Initializer


class Zeros(Initializer):
    """All zeros: the usual start of a bias."""

    def __call__(self, shape, dtype="float32"):
        return np.zeros(shape, dtype or "float32")


class Ones(Initializer):
    """All ones: the usual start of a scale."""

    def __call__(self, shape, dtype="float32"):
        return np.ones(shape, dtype or "float32")


class Constant(Initializer):
    """One value everywhere.

    Args:
        value: the value.
    """

    def __init__(self, value: float = 0.0):
        self.value = value

    def __call__(self, shape, dtype="float32"):
        return np.full(shape, self.value, dtype or "float32")

    def get_config(self):
        return {"value": self.value.item() if isinstance(self.value, np.generic) else self.value}


class Identity(Initializer):
    """``gain`` on the diagonal of a matrix, zeros elsewhere.

    Args:
        gain: value of the diagonal.
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape, dtype="float32"):
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        return (self.gain * np.eye(*shape)).astype(dtype or "float32")

    def get_config(self):
        return {"gain": self.gain}
