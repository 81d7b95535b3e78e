"""Symbolic tensors: shapes and dtypes that stand for arrays which do not exist yet.

A layer that is called on symbolic tensors returns new ones and remembers the call as a ``Node``. From a
tensor one gets to the node that made it, from there to the tensors that the node read, and so back to
the ``Input``s: that is the graph a model is made of::

    Input ──tensor──▶ Node(Conv2D) ──tensor──▶ Node(Add) ──tensor──▶ …
      └───────────────────────────────────────────▲
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cnn_scratch.shapes import Shape
from cnn_scratch.structure import flatten, map_structure, pack_as_given
from cnn_scratch.with_value import WithValue


@dataclass(frozen=True, eq=False)
class SymbolicTensor:
    """What ``Input`` returns, and what a layer returns when it is called on one.

    Args:
        shape: with ``None`` for the batch size (and any other size that is not known yet).
        dtype: the name of the dtype, ``"float32"``.
        node: the call that makes this tensor; ``None`` for one that stands for itself.
        index: its place among the outputs of that call.
    """

    shape: Shape
    dtype: str = "float32"
    node: "Node | None" = field(default=None, repr=False)
    index: int = field(default=0, repr=False)

    __array_ufunc__ = None  # array + tensor is the tensor's affair

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def layer(self) -> Any:
        """The layer that makes this tensor."""
        return self.node.layer if self.node else None

    @property
    def name(self) -> str:
        """The name of that layer."""
        return self.layer.name if self.layer else "tensor"

    @property
    def inputs(self) -> tuple["SymbolicTensor", ...]:
        """The symbolic tensors that the layer read to make this one."""
        return tuple(self.node.tensors) if self.node else ()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            "A symbolic tensor holds no numbers: it stands for the data that a model will be given. "
            f"Expected: an array. Received: {self!r}"
        )

    def __bool__(self) -> bool:
        raise TypeError(
            f"A symbolic tensor holds no numbers, and is neither true nor false. Received: {self!r}"
        )

    # Operators: each is a node of the graph too -------------------------------------------------

    __iter__ = None  # no sequence, although it has parts

    def __getitem__(self, key):
        from cnn_scratch.indexing import GetItem  # see _apply

        return GetItem()(self, key)

    def __add__(self, other):
        return _apply("Add", self, other)

    def __radd__(self, other):
        return _apply("Add", other, self)

    def __sub__(self, other):
        return _apply("Subtract", self, other)

    def __rsub__(self, other):
        return _apply("Subtract", other, self)

    def __mul__(self, other):
        return _apply("Multiply", self, other)

    def __rmul__(self, other):
        return _apply("Multiply", other, self)

    def __truediv__(self, other):
        return _apply("TrueDivide", self, other)

    def __rtruediv__(self, other):
        return _apply("TrueDivide", other, self)

    def __pow__(self, other):
        return _apply("Power", self, other)

    def __rpow__(self, other):
        return _apply("Power", other, self)

    def __matmul__(self, other):
        return _apply("Matmul", self, other)

    def __rmatmul__(self, other):
        return _apply("Matmul", other, self)

    def __neg__(self):
        return _apply("Negative", self)

    def __abs__(self):
        return _apply("Absolute", self)

    def __getattr__(self, name: str):
        hints = {
            "reshape": "Use layers.Reshape, or layers.Flatten.",
            "squeeze": "Use layers.Reshape, or an index: x[..., 0].",
        }
        if name.startswith("__") or name not in hints:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        raise AttributeError(f"A symbolic tensor has no method '{name}' here. {hints[name]}")


def _no_operator(sign: str):
    """Return a method that says that Keras has this operator, and what to do here."""

    def refuse(self, *others):
        raise TypeError(
            f"A symbolic tensor has no operator '{sign}' here, for it has no gradient to learn from. Write a "
            "Layer whose `forward` does it with arrays, as layers/re_lu.py does. "
            f"Received: {', '.join(map(repr, (self, *others)))}"
        )

    return refuse


# Keras's operators without a useful gradient.
_REFUSED = {
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "floordiv": "//", "rfloordiv": "//", "mod": "%",
    "rmod": "%", "and": "&", "rand": "&", "or": "|", "ror": "|", "xor": "^", "rxor": "^", "invert": "~",
    "round": "round",
}  # fmt: skip
for _name, _sign in _REFUSED.items():
    setattr(SymbolicTensor, f"__{_name}__", _no_operator(_sign))


def _apply(name: str, *operands):
    # Imported here, because an operation cannot be written without symbolic tensors.
    from cnn_scratch import arithmetic

    operands = [one.value if isinstance(one, WithValue) else one for one in operands]
    if not all(arithmetic.is_operand(operand) for operand in operands):
        return NotImplemented
    return arithmetic.OPERATIONS[name]()(*operands)


class Node:
    """One call of a layer on symbolic tensors.

    A layer that is called twice (shared) has two nodes, and its weights learn from both.

    Args:
        layer: the layer that was called.
        arguments: what it was called on: a tensor, or a list or dictionary of tensors; beside the
            tensors of an arithmetic operation, numbers and arrays.
        outputs: the structure of tensors that the call returns; they are given this node.
        training: the mode if the call asked for one, else ``None``: that of the model.
    """

    def __init__(self, layer, arguments: Any, outputs: Any, training: bool | None = None):
        self.layer = layer
        self.arguments = arguments
        self.training = training
        self.tensors = [thing for thing in flatten(arguments) if isinstance(thing, SymbolicTensor)]
        made = [replace(tensor, node=self, index=i) for i, tensor in enumerate(flatten(outputs))]
        self.outputs: list[SymbolicTensor] = made
        self.returned = pack_as_given(outputs, made)

    def fill_in(self, values: Mapping[SymbolicTensor, np.ndarray]) -> Any:
        """Return the arguments with the arrays that stand for the tensors now."""
        if isinstance(self.arguments, SymbolicTensor):
            return values[self.arguments]
        return map_structure(
            lambda thing: values[thing] if isinstance(thing, SymbolicTensor) else thing, self.arguments
        )

    def shapes(self, known: Mapping[SymbolicTensor, Shape]) -> Any:
        """Return the shapes of the arguments, if those of the tensors are these."""
        return map_structure(
            lambda thing: known[thing] if isinstance(thing, SymbolicTensor) else np.shape(thing),
            self.arguments,
        )

    def mode(self, training: bool) -> bool:
        """Return the mode of this call in a model that runs in the mode ``training``."""
        return training if self.training is None else self.training

    def __repr__(self) -> str:
        return f"<Node of {self.layer!r}>"
