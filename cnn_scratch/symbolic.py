"""Symbolic tensors: a shape and a dtype that stand for arrays which do not exist yet."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnn_scratch.shapes import Shape


@dataclass(frozen=True, eq=False)
class SymbolicTensor:
    """What ``Input`` returns, and what a layer returns when it is called on one.

    Args:
        shape: with ``None`` for the batch size (and any other size that is not known yet).
        dtype: the name of the dtype, ``"float32"``.
        layer: the layer that computes this tensor.
        inputs: the symbolic tensors that the layer was called on.
    """

    shape: Shape
    dtype: str = "float32"
    layer: Any = field(default=None, repr=False)
    inputs: tuple["SymbolicTensor", ...] = field(default=(), repr=False)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            "A symbolic tensor holds no numbers: it stands for the data that a model will be given. "
            f"Expected: an array. Received: {self!r}"
        )
