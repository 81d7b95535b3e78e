"""Arithmetic on symbolic tensors: what ``x + y``, ``x * 0.5`` or ``1 / x`` put into a graph.

Each operator is an operation with a name of its own, as in Keras, where these classes live in
``keras.src.ops.numpy``. Operands are tensors, numbers and arrays; they are broadcast as in NumPy, and the
gradient of a number that was broadcast is the sum over its copies.
"""

from abc import abstractmethod
from numbers import Real
from typing import Any

import numpy as np

from cnn_scratch.kernels.blas import product
from cnn_scratch.operation import Operation
from cnn_scratch.shapes import Shape, check_gradient_shape
from cnn_scratch.symbolic import SymbolicTensor

Operand = Any  # a SymbolicTensor, an array or a number


class Arithmetic(Operation):
    """A function of one or two operands, number by number.

    A concrete one writes ``compute``, and one method per operand with its gradient.

    Example:
        >>> from cnn_scratch import Input
        >>> x = Input((3,))
        >>> (0.5 * (x + 3)).layer.name.rstrip("_0123456789")
        'multiply'
    """

    takes_list = True
    count = 2  # of operands

    def __call__(self, *operands: Operand):
        """Return the symbolic result for operands of which at least one is a symbolic tensor."""
        return self.call_on_symbols([_constant(operand) for operand in operands])

    @abstractmethod
    def compute(self, *operands) -> np.ndarray:
        """Return the result for arrays (or numbers) of one dtype."""

    def grad_first(self, grad, outputs, *operands) -> np.ndarray:
        """Return ∂loss/∂(the first operand), before the sum over copies."""
        raise NotImplementedError

    def grad_second(self, grad, outputs, *operands) -> np.ndarray:
        """Return ∂loss/∂(the second operand), before the sum over copies."""
        raise NotImplementedError

    # The contract of an operation -------------------------------------------------------------

    def check_symbols(self, inputs) -> None:
        if len(inputs) != self.count or not all(is_operand(operand) for operand in inputs):
            raise ValueError(
                f"Operation '{self.name}' takes {self.count} operands: tensors, numbers or arrays of "
                f"numbers. Received: {inputs}"
            )

    def compute_output_spec(self, inputs) -> SymbolicTensor:
        shapes = [np.shape(x) if not isinstance(x, SymbolicTensor) else x.shape for x in inputs]
        return SymbolicTensor(self.compute_output_shape(shapes), _dtype(inputs))

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Return the shape that the operands have after broadcasting.

        Raises:
            ValueError: they cannot be broadcast.
        """
        rank = max(len(shape) for shape in input_shape)
        padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in input_shape]
        sizes = []
        for axis in zip(*padded, strict=True):
            known = {size for size in axis if size not in (1, None)}
            if len(known) > 1:
                raise ValueError(
                    f"Operation '{self.name}' cannot broadcast its operands: expected equal sizes, or "
                    f"1. Received: shapes {[tuple(shape) for shape in input_shape]}"
                )
            sizes.append(known.pop() if known else None if None in axis else 1)
        return tuple(sizes)

    def forward(self, inputs, training: bool = False):
        """Return outputs and cache for a list of operands."""
        dtype = _dtype(inputs)
        operands = [x if isinstance(x, Real) else np.asarray(x, dtype) for x in inputs]
        with np.errstate(all="ignore"):  # 1 / 0 is an infinity, as in Keras
            outputs = self.compute(*operands)
        return outputs, (operands, outputs, [getattr(x, "dtype", None) for x in inputs])

    def backward(self, grad_outputs, cache) -> list[np.ndarray | None]:
        """Return one gradient per operand; ``None`` for a number, which has none."""
        operands, outputs, dtypes = cache
        grad = np.asarray(grad_outputs, outputs.dtype)
        check_gradient_shape(grad.shape, outputs.shape, "operation", self)
        grads: list[np.ndarray | None] = []
        with np.errstate(all="ignore"):
            for operand, dtype, gradient in zip(
                operands, dtypes, (self.grad_first, self.grad_second), strict=False
            ):
                if isinstance(operand, Real):
                    grads.append(None)
                    continue
                one = _sum_over_copies(gradient(grad, outputs, *operands), operand.shape)
                grads.append(one.astype(dtype, copy=False) if dtype.kind == "f" else one)
        return grads

    def get_config(self) -> dict[str, Any]:
        """Return the name; the numbers among the operands stand in the graph's configuration."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Arithmetic":
        """Make an operation from what ``get_config`` returned."""
        return cls(**config)


class Add(Arithmetic):
    """outputs = a + b."""

    def compute(self, a, b):
        return a + b

    def grad_first(self, grad, outputs, a, b):
        return grad

    def grad_second(self, grad, outputs, a, b):
        return grad


class Subtract(Arithmetic):
    """outputs = a − b."""

    def compute(self, a, b):
        return a - b

    def grad_first(self, grad, outputs, a, b):
        return grad

    def grad_second(self, grad, outputs, a, b):
        return -grad


class Multiply(Arithmetic):
    """outputs = a · b."""

    def compute(self, a, b):
        return a * b

    def grad_first(self, grad, outputs, a, b):
        return grad * b

    def grad_second(self, grad, outputs, a, b):
        return grad * a


class Divide(Arithmetic):
    """outputs = a / b."""

    def compute(self, a, b):
        return a / b

    def grad_first(self, grad, outputs, a, b):
        return grad / b

    def grad_second(self, grad, outputs, a, b):
        # ∂(a/b)/∂b = −a/b² = −outputs/b
        return grad * -outputs / b


class TrueDivide(Divide):
    """outputs = a / b, under the name that Keras gives to the operator ``/``."""


class Power(Arithmetic):
    """outputs = aᵇ."""

    def compute(self, a, b):
        return a**b

    def grad_first(self, grad, outputs, a, b):
        return grad * b * a ** (b - 1)

    def grad_second(self, grad, outputs, a, b):
        # ∂aᵇ/∂b = aᵇ · ln a. Where a is not positive there is no such slope; it counts as 0, as in Keras.
        positive = np.asarray(a) > 0
        return grad * outputs * np.where(positive, np.log(np.where(positive, a, 1)), 0).astype(grad.dtype)


class Matmul(Arithmetic):
    """outputs = a @ b, the product of the matrices in the last two axes.

    The axes before these are broadcast. A vector counts as a row on the left and as a column on the right,
    as in NumPy, and its axis is not in the outputs::

        ∂loss/∂a = ∂loss/∂outputs @ bᵀ        ∂loss/∂b = aᵀ @ ∂loss/∂outputs
    """

    def check_symbols(self, inputs) -> None:
        super().check_symbols(inputs)
        if any(isinstance(operand, Real) for operand in inputs):
            raise ValueError(f"Operation '{self.name}' takes no single number. Received: {inputs}")

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Return the shape of the product.

        Raises:
            ValueError: the columns of the first are not as many as the rows of the second.
        """
        a, b = (tuple(shape) for shape in input_shape)
        rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
        inner = a[-1], b[-2:][0]
        if None not in inner and inner[0] != inner[1]:
            raise ValueError(
                f"Operation '{self.name}' expects as many columns in the first operand as there are rows in "
                f"the second. Received: shapes {[a, b]}"
            )
        return *super().compute_output_shape([a[:-2], b[:-2]]), *rows, *columns

    def compute(self, a, b):
        return product(a, b)

    def grad_first(self, grad, outputs, a, b):
        matrix, _, columns = self._matrices(grad, a, b)
        return product(matrix, columns.swapaxes(-1, -2))

    def grad_second(self, grad, outputs, a, b):
        matrix, rows, _ = self._matrices(grad, a, b)
        gradient = product(rows.swapaxes(-1, -2), matrix)
        return gradient[..., 0] if b.ndim == 1 else gradient

    @staticmethod
    def _matrices(grad, a, b):
        """Return the gradient and both operands with the axes that a vector lacks."""
        if b.ndim == 1:
            grad, b = grad[..., np.newaxis], b[:, np.newaxis]
        if a.ndim == 1:
            grad, a = grad[..., np.newaxis, :], a[np.newaxis]
        return grad, a, b


class Negative(Arithmetic):
    """outputs = −a."""

    count = 1

    def compute(self, a):
        return -a

    def grad_first(self, grad, outputs, a):
        return -grad


class Absolute(Arithmetic):
    """outputs = |a|, with slope 0 at 0."""

    count = 1

    def compute(self, a):
        return np.abs(a)

    def grad_first(self, grad, outputs, a):
        return grad * np.sign(a)


OPERATIONS: dict[str, type[Arithmetic]] = {
    cls.__name__: cls
    for cls in (Absolute, Add, Divide, Matmul, Multiply, Negative, Power, Subtract, TrueDivide)
}


def is_operand(thing: Any) -> bool:
    """Return whether this can be calculated with: a symbolic tensor, a number or an array of numbers."""
    if isinstance(thing, SymbolicTensor):
        return True
    is_number = isinstance(thing, Real) and not isinstance(thing, bool | np.bool_)
    return is_number or (isinstance(thing, np.ndarray) and thing.dtype.kind in "iuf")


def _constant(operand: Operand) -> Operand:
    """Return a single number as Python's own, which adapts to the dtype of the others."""
    is_single = isinstance(operand, np.generic) or (isinstance(operand, np.ndarray) and operand.ndim == 0)
    return operand.item() if is_single else operand


def _dtype(operands: list) -> str:
    """Return the dtype of the computation: float64 if an operand has it, else float32."""
    return "float64" if any(getattr(x, "dtype", None) == "float64" for x in operands) else "float32"


def _sum_over_copies(gradient: np.ndarray, shape: Shape) -> np.ndarray:
    """Return the gradient of an array of ``shape`` that was broadcast to the gradient's shape."""
    if gradient.shape == shape:
        return gradient
    new = gradient.ndim - len(shape)
    axes = [new + i for i, size in enumerate(shape) if size == 1 and gradient.shape[new + i] != 1]
    return gradient.sum(axis=(*range(new), *axes)).reshape(shape)
