"""Parts of symbolic tensors: what ``x[:, 0]`` or ``x[..., :3]`` puts into a graph."""

import operator
from typing import Any

import numpy as np

from cnn_scratch.operation import Operation
from cnn_scratch.shapes import Shape, check_gradient_shape
from cnn_scratch.symbolic import SymbolicTensor

ALL = slice(None)


class GetItem(Operation):
    """A part of a tensor, chosen as in NumPy by integers, slices, ``...`` and ``None`` (a new axis).

    The first axis counts the samples and stays whole.

    Maths:
        outputs = inputs[key]

        Each number of the outputs is one of the inputs', and its gradient goes back there. The numbers that
        were left out have the gradient 0.

    Raises:
        ValueError: a key of something else, for more axes than there are, beyond the end of one, or for the
            samples; a second call with another key.

    Example:
        >>> from cnn_scratch import Input, Model
        >>> x = Input((2, 3))
        >>> Model(x, x[:, 0, ::2]).predict(np.arange(12).reshape(2, 2, 3))
        array([[0., 2.],
               [6., 8.]], dtype=float32)
    """

    key: tuple = ()  # given in the call, as in Keras

    def __call__(self, inputs: SymbolicTensor, key: Any) -> SymbolicTensor:
        """Return the symbolic ``inputs[key]``."""
        key = _checked(key, self.name)
        if self.inbound_nodes and key != self.key:
            raise ValueError(
                f"Operation '{self.name}' was called with another key before. Expected: {self.key}. "
                f"Received: {key}"
            )
        self.key = key
        return self.call_on_symbols(inputs)

    def compute_output_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        return SymbolicTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *parts = self._for_each_axis(input_shape)
        if samples != ALL:
            raise ValueError(
                f"Operation '{self.name}' cannot take samples out of a batch: the first axis wants `:`. "
                f"Received: {self.key}"
            )
        sizes: list[int | None] = [input_shape[0]]
        rest = iter(input_shape[1:])
        for part in parts:
            size = 1 if part is None else next(rest)
            if isinstance(part, slice):
                size = size if size is None else len(range(*part.indices(size)))
            elif part is not None:
                if size is not None and not -size <= part < size:
                    raise ValueError(
                        f"Operation '{self.name}': the index {part} is out of bounds for an axis of size "
                        f"{size}. Received: {self.key} for shape {tuple(input_shape)}"
                    )
                continue  # an integer takes the axis away
            sizes.append(size)
        return tuple(sizes)

    def _for_each_axis(self, input_shape: Shape) -> tuple:
        """Return the key with ``:`` for every axis that is not named."""
        named = sum(part is not None and part is not Ellipsis for part in self.key)
        if named > len(input_shape) or self.key.count(Ellipsis) > 1:
            raise ValueError(
                f"Operation '{self.name}' expected at most {len(input_shape)} indices, and one `...`. "
                f"Received: {self.key}"
            )
        at = self.key.index(Ellipsis) if Ellipsis in self.key else len(self.key)
        return self.key[:at] + (ALL,) * (len(input_shape) - named) + self.key[at + 1 :]

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, tuple]:
        """Return a copy of the part, and the shapes of the part and the whole."""
        inputs = np.asarray(inputs)
        shape = self.compute_output_shape(inputs.shape)
        return inputs[self.key].copy(), (shape, inputs.shape)

    def backward(self, grad_outputs: np.ndarray, cache: tuple) -> np.ndarray:
        """Return ∂loss/∂inputs."""
        shape, input_shape = cache
        grad_outputs = np.asarray(grad_outputs)
        check_gradient_shape(grad_outputs.shape, shape, "operation", self)
        # forward: outputs = inputs[key]
        grad_inputs = np.zeros(input_shape, grad_outputs.dtype)
        grad_inputs[self.key] = grad_outputs
        return grad_inputs

    def get_config(self) -> dict[str, Any]:
        """Return the name; the key stands in the graph's configuration."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "GetItem":
        """Make an operation from what ``get_config`` returned."""
        return cls(**config)


def _checked(key: Any, name: str) -> tuple:
    """Return a key as a tuple of Python's own integers, slices, ``...`` and ``None``, or raise."""
    try:
        return tuple(_part(part) for part in (key if isinstance(key, tuple | list) else (key,)))
    except TypeError:
        raise ValueError(
            f"Operation '{name}' expected integers, slices, `...` and `None` between the brackets. "
            f"Received: {key}"
        ) from None


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        part = slice(*(None if end is None else operator.index(end) for end in ends))
        part.indices(0)  # raises if the step is 0
        return part
    if isinstance(part, bool | np.bool_):
        raise TypeError
    return operator.index(part)
