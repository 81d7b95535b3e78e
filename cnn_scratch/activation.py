"""What an activation function is: the abstract class ``Activation``, and how the built-in ones are made."""

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from cnn_scratch.naming import to_snake_case
from cnn_scratch.shapes import check_gradient_shape

Cache = Any


class Activation(ABC):
    """A function without parameters that a layer applies to its outputs, and its derivative.

    ``forward`` **returns** what ``backward`` will need (the cache), and the object remembers nothing,
    so one object serves any number of layers. Write one of your own with two methods:

    >>> import numpy as np
    >>> class Cube(Activation):
    ...     def forward(self, x):
    ...         return x**3, x
    ...     def backward(self, grad, cache):
    ...         return grad * 3 * cache**2
    >>> cube = Cube()
    >>> cube(np.array([1.0, 2.0]))
    array([1., 8.])
    >>> cube.backward(np.array([1.0, 10.0]), np.array([1.0, 2.0]))
    array([  3., 120.])

    It can then be given wherever a name can: ``Dense(10, activation=cube)``.

    Attributes:
        activity_regularizer: a penalty on the outputs, of a layer that was given as the activation.
    """

    activity_regularizer: Any = None

    @property
    def name(self) -> str:
        """The name in Keras's style."""
        return to_snake_case(type(self).__name__)

    @abstractmethod
    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Cache]:
        """Return the outputs for ``x``, of the same shape and dtype, and the cache for ``backward``."""

    @abstractmethod
    def backward(self, grad: np.ndarray, cache: Cache) -> np.ndarray:
        """Return ∂loss/∂x.

        Args:
            grad: ∂loss/∂outputs, of the outputs' shape.
            cache: what ``forward`` returned beside these outputs.
        """

    def with_penalty(self, regularizer: Any) -> "Activation":
        """Return the same activation with a penalty on its outputs, or with none (``None``)."""
        if regularizer is self.activity_regularizer:
            return self
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin.activity_regularizer = regularizer
        return twin

    def __call__(self, x) -> np.ndarray:
        """Return the outputs for ``x``, any array of numbers."""
        return self.forward(as_float_array(x, self.name))[0]

    def __repr__(self) -> str:
        return f"<Activation {self.name}>"


class BuiltIn(Activation):
    """An activation of this package: a name, options, and the ``Formula`` that they make.

    Args:
        make: called with the options, checks them and returns a ``Formula``. Its name, docstring and
            signature are the activation's.
        options: the options that are given. If one without a default is missing, the activation
            cannot be used until ``with_options`` gives it.
    """

    def __init__(self, make: Callable[..., "Formula"], **options):
        self._make = make
        self._base = self  # the one without options; it is found under its name in its module
        self.__name__, self.__doc__, self.__module__ = make.__name__, make.__doc__, make.__module__
        signature = inspect.signature(make)
        self.defaults = {p.name: p.default for p in signature.parameters.values()}
        self.options = self.defaults | options
        self._missing = [key for key, value in self.options.items() if value is inspect.Parameter.empty]
        self._formula = None if self._missing else make(**self.options)

    @property
    def name(self) -> str:
        """The name in Keras, for example ``"relu"``."""
        return self._make.__name__

    def with_options(self, *values, **options) -> "BuiltIn":
        """Return the same activation with other options: ``relu.with_options(max_value=6)``.

        Raises:
            ValueError: there is no such option, or its value is not possible.
        """
        if len(values) > len(self.defaults) or not set(options) <= set(list(self.defaults)[len(values) :]):
            raise ValueError(
                f"Activation '{self.name}' got options that it does not have, or one of them twice. "
                f"Expected: {list(self.defaults) or 'no options'}. Received: {[*values, *options]}"
            )
        changed = self.options | dict(zip(self.defaults, values, strict=False)) | options
        if changed == self.options:
            return self
        other = BuiltIn(self._make, **changed)
        other._base, other.activity_regularizer = self._base, self.activity_regularizer
        return other

    def __reduce__(self):
        """Let copies and pickles of layers have this very object; one with options is made again."""
        if self is self._base:
            return self.name
        return _with, (self._base, self.options, self.activity_regularizer)

    def forward(self, x) -> tuple[np.ndarray, Cache]:
        """Return the outputs for ``x``, any array of numbers, and the cache.

        float64 stays float64; everything else is computed in float32.
        """
        return self._ready_formula().forward(as_float_array(x, self.name))

    def backward(self, grad, cache: Cache) -> np.ndarray:
        """Return ∂loss/∂x, in the dtype of the outputs.

        Raises:
            ValueError: ``grad`` does not have the outputs' shape.
        """
        grad = as_float_array(grad, self.name)
        if cache is not None:
            grad = grad.astype(cache.dtype, copy=False)
            check_gradient_shape(grad.shape, cache.shape, "activation", self)
        return self._ready_formula().backward(grad, cache)

    def __call__(self, x, *values, **options) -> np.ndarray:
        """Return the outputs for ``x``. Options, if given, count for this call: ``elu(x, alpha=0.5)``."""
        return self.with_options(*values, **options).forward(x)[0]

    def __repr__(self) -> str:
        changed = {key: value for key, value in self.options.items() if value != self.defaults[key]}
        return f"<Activation {self.name}" + "".join(f", {k}={v}" for k, v in changed.items()) + ">"

    def _ready_formula(self) -> "Formula":
        if self._formula is None:
            raise ValueError(
                f"Activation '{self.name}' cannot be used before these options are given: {self._missing}. "
                f"Received: none of them. Make one with `{self.name}.with_options(...)`"
            )
        return self._formula


class Formula(ABC):
    """The forward and the backward computation of a built-in activation, with its options filled in.

    Arrays are contiguous and float32 or float64; ``grad`` has the cache's shape and dtype.
    """

    @abstractmethod
    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Cache]:
        """Return outputs and cache."""

    @abstractmethod
    def backward(self, grad: np.ndarray, cache: Cache) -> np.ndarray:
        """Return ∂loss/∂x."""


class Identity(Formula):
    """outputs = x. Nothing is copied and nothing is remembered."""

    def forward(self, x):
        """Return outputs and cache."""
        return x, None

    def backward(self, grad, cache):
        """Return ∂loss/∂x."""
        return grad


class Elementwise(Formula):
    """A pair of kernels that work number by number.

    Args:
        forward: a kernel ``(x, *constants, y)`` on flat arrays.
        backward: a kernel ``(cache, grad, *constants, grad_x)``.
        cache: what ``backward`` reads: ``"inputs"`` or ``"outputs"``. Outputs are the better choice
            where they are enough, because the next layer keeps them in memory anyway.
        constants: numbers, or tuples of them, for both kernels; they get the arrays' dtype.
    """

    def __init__(self, forward: Callable, backward: Callable, cache: str, *constants: float | tuple):
        self._forward_kernel = forward
        self._backward_kernel = backward
        self._caches_outputs = cache == "outputs"
        self._constants = constants

    def forward(self, x):
        """Return outputs and cache."""
        outputs = np.empty_like(x)
        self._run(self._forward_kernel, x, result=outputs)
        return outputs, outputs if self._caches_outputs else x

    def backward(self, grad, cache):
        """Return ∂loss/∂x."""
        grad_x = np.empty_like(grad)
        self._run(self._backward_kernel, cache, grad, result=grad_x)
        return grad_x

    def _run(self, kernel, *arrays, result):
        constants = _in_dtype(result.dtype.type, self._constants)
        # A compiled kernel never warns of overflow; the same kernel run by Python would.
        with np.errstate(all="ignore"):
            kernel(*(array.reshape(-1) for array in arrays), *constants, result.reshape(-1))


def _in_dtype(dtype, constants: tuple) -> tuple:
    """Return the numbers, and the tuples of numbers, in a dtype."""
    return tuple(_in_dtype(dtype, one) if isinstance(one, tuple) else dtype(one) for one in constants)


class AlongAxis(Formula):
    """A pair of kernels that work on the rows of a matrix, for rows that lie along any axes.

    Args:
        forward: a kernel ``(x, y)`` on matrices.
        backward: a kernel ``(y, grad, grad_x)``.
        axis: an axis, or several that are taken together as one long row.
        name: of the activation, for messages.
    """

    def __init__(self, forward: Callable, backward: Callable, axis: int | tuple[int, ...], name: str):
        self._forward_kernel = forward
        self._backward_kernel = backward
        self._axis = axis
        self._name = name

    def forward(self, x):
        """Return outputs and cache."""
        outputs = self._run(self._forward_kernel, x)
        return outputs, outputs

    def backward(self, grad, cache):
        """Return ∂loss/∂x."""
        return self._run(self._backward_kernel, cache, grad)

    def _run(self, kernel, *arrays):
        axes = self._axes_of(arrays[0])
        if not arrays[0].size:
            return np.empty_like(arrays[0])
        last = tuple(range(-len(axes), 0))
        moved = arrays if axes == last else [np.moveaxis(array, axes, last) for array in arrays]
        rows = [np.ascontiguousarray(array).reshape(self._matrix_shape(array, axes)) for array in moved]
        result = np.empty_like(rows[0])
        with np.errstate(all="ignore"):
            kernel(*rows, result)
        if axes == last:
            return result.reshape(arrays[0].shape)
        return np.ascontiguousarray(np.moveaxis(result.reshape(moved[0].shape), last, axes))

    def _axes_of(self, x) -> tuple[int, ...]:
        axes = self._axis if isinstance(self._axis, tuple) else (self._axis,)
        inside = all(-x.ndim <= axis < x.ndim for axis in axes)
        if not inside or len({axis % x.ndim for axis in axes}) < len(axes):
            raise ValueError(
                f"`axis` of activation '{self._name}' must name axes of its input, each once. "
                f"Received: axis={self._axis}, x.shape={x.shape}"
            )
        return axes

    @staticmethod
    def _matrix_shape(moved, axes) -> tuple[int, int]:
        row = math.prod(moved.shape[moved.ndim - len(axes) :])
        return moved.size // row, row


def as_float_array(x, name: str) -> np.ndarray:
    """Return ``x`` as kernels want it: float32 or float64, contiguous; not copied when it is so already.

    float64 stays float64; every other dtype, and Python's own numbers and lists, become float32, as in
    Keras.

    Raises:
        ValueError: ``x`` does not hold real numbers.
    """
    if type(x) is np.ndarray and x.dtype in (np.float32, np.float64) and x.flags.carray:
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"Activation '{name}' expected an array of numbers. "
            f"Received: dtype={array.dtype}, shape={array.shape}"
        )
    is_double = hasattr(x, "dtype") and array.dtype.kind == "f" and array.dtype.itemsize >= 8
    dtype = np.float64 if is_double else np.float32
    # Values beyond float32 become infinite, as they do in Keras, without a warning.
    with np.errstate(over="ignore"):
        return np.require(array, dtype, ("C_CONTIGUOUS", "ALIGNED", "WRITEABLE"))


def check_numbers(activation: str, at_least: float = -math.inf, above: float = -math.inf, **options) -> None:
    """Raise ``ValueError`` unless every option is a finite number within its bounds."""
    for name, value in options.items():
        is_number = isinstance(value, Real) and math.isfinite(value)
        if not is_number or value < at_least or value <= above:
            bounds = (
                f" ≥ {at_least:g}" if at_least > -math.inf else f" > {above:g}" if above > -math.inf else ""
            )
            raise ValueError(
                f"`{name}` of activation '{activation}' must be a number{bounds}. Received: {name}={value!r}"
            )


def check_axis(activation: str, axis) -> int | tuple[int, ...]:
    """Return ``axis``, an integer or a tuple of integers, or raise ``ValueError``."""
    axes = axis if isinstance(axis, tuple | list) else [axis]
    if not axes or not all(isinstance(one, int) and not isinstance(one, bool) for one in axes):
        raise ValueError(
            f"`axis` of activation '{activation}' must be an integer or several. Received: axis={axis!r}"
        )
    return tuple(axes) if isinstance(axis, tuple | list) else axis


def _with(base: BuiltIn, options: dict[str, Any], penalty: Any) -> BuiltIn:
    return base.with_options(**options).with_penalty(penalty)


def options_of_layer(name: str, config: dict) -> dict:
    """Return what is left of the config of a layer of this class without what every layer has."""
    options = {key: value for key, value in config.items() if key not in ("name", "trainable", "dtype")}
    if name == "LeakyReLU" and "alpha" in options:  # its name in Keras 2
        options["negative_slope"] = options.pop("alpha")
    return options
