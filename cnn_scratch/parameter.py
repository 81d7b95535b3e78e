"""Parameters: the arrays that a layer owns, each with its gradient, and the flat buffer below them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from cnn_scratch.kernels.memory import aligned_zeros
from cnn_scratch.with_value import WithValue

_without_values = ContextVar("without_values", default=False)


@contextmanager
def without_values() -> Iterator[None]:
    """Let layers that are built inside declare their parameters, and take no memory for them.

    Such a parameter has a shape and a dtype; all its elements are one and the same zero, which
    cannot be written to. The reader of a file compares the shapes with what the file holds, and then
    gives the arrays from the file to the parameters.
    """
    token = _without_values.set(True)
    try:
        yield
    finally:
        _without_values.reset(token)


def are_values_left_out() -> bool:
    """Return whether the caller is inside ``without_values``."""
    return _without_values.get()


class Parameter(WithValue):
    """An array that belongs to a layer, and the gradient of the loss with respect to it.

    Attributes:
        value: the array itself. A layer reads it in ``forward``.
        grad: ∂loss/∂value, of the same shape. ``backward`` **adds** to it (``+=``), because a
            layer may be used twice; the training loop sets it to zero. Its memory is taken, and
            its zeros are written, when it is first asked for, so a model that only predicts never
            has any (see also ``grad_or_memory``). A parameter that is not trained (a moving average,
            a counter) has no gradient: ``None``.
        name: its role in the layer, for example ``"kernel"``.
        path: the layer's name and its own, ``"conv2d/kernel"``.
        trainable: whether an optimizer changes it.
        regularizer: the penalty on this parameter, or ``None``.
        constraint: a function that returns an allowed value near a value, or ``None``.
    """

    def __init__(
        self,
        value,
        name: str,
        trainable: bool = True,
        regularizer=None,
        path: str | None = None,
        constraint=None,
    ):
        self.value = np.asarray(value, order="C")
        self._grad = None
        self._grad_is_outdated = False  # whether it is zero, and its memory does not know it yet
        self.name = name
        self.path = path or name
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint

    @classmethod
    def declared(cls, shape: tuple[int, ...], dtype, *args, **kwargs) -> "Parameter":
        """Return a parameter without memory of its own; see ``without_values``."""
        parameter = cls(np.zeros((), dtype), *args, **kwargs)
        parameter.value = np.broadcast_to(parameter.value, shape)
        return parameter

    @property
    def grad(self) -> np.ndarray | None:
        if self._grad is None and self.trainable:
            self._grad = np.zeros_like(self.value)
        if self._grad_is_outdated:
            self._grad[...] = 0
            self._grad_is_outdated = False
        return self._grad

    @grad.setter
    def grad(self, grad: np.ndarray) -> None:
        self._grad = grad
        self._grad_is_outdated = False

    @property
    def is_reached(self) -> bool:
        """Whether anything was added to the gradient since ``zero_grad``.

        Nothing was if the loss does not depend on the parameter, as in a branch without a loss.
        """
        return not self._grad_is_outdated

    def zero_grad(self) -> None:
        """Set the gradient to zero."""
        self._grad_is_outdated = self._grad is not None

    def grad_or_memory(self) -> tuple[np.ndarray, bool]:
        """Return the gradient's array, and whether to add to it: if not, the caller writes every element.

        Writing zeros and adding to them takes twice as long as writing the gradient at once. With millions of
        parameters that is a noticeable part of a training step.
        """
        adds = not self._grad_is_outdated
        self._grad_is_outdated = False
        return self.grad, adds

    def assign(self, value) -> None:
        """Copy ``value`` into this parameter.

        Raises:
            ValueError: the shape of ``value`` is not the parameter's.
        """
        value = np.asarray(value)
        if value.shape != self.shape:
            raise ValueError(
                f"The shape of the value to assign does not match parameter '{self.path}'. "
                f"Expected: {self.shape}. Received: {value.shape}"
            )
        self.value[...] = value

    def constrain(self) -> None:
        """Apply the constraint, if there is one; done after each step."""
        if self.constraint is not None:
            self.assign(self.constraint(self.value))

    # Two parameters are the same only if they are one: lists and dictionaries of parameters rely on it.
    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__

    def __repr__(self) -> str:
        about = f"shape={self.shape}, dtype={self.dtype}, trainable={self.trainable}"
        return f"<Parameter path={self.path}, {about}>"


class FlatParameters:
    """One long array that holds the values of many parameters, and one that holds their gradients.

    Each ``parameter.value`` and ``parameter.grad`` becomes a *view* into them, so an Adam
    step, clipping or a checkpoint is one operation on one array, and layers know nothing of it::

        values  [ kernel ········ | bias ·· | kernel ···· | bias · ]
        grads   [ kernel ········ | bias ·· | kernel ···· | bias · ]

    Every parameter starts at a multiple of 64 bytes (a cache line, and the width of the widest
    vector register). The few elements between two parameters are zero, have a zero gradient, and
    stay zero under every optimizer.

    Args:
        parameters: trainable parameters, all of one dtype.

    Raises:
        ValueError: the parameters do not share one dtype.
    """

    def __init__(self, parameters: Sequence[Parameter]):
        self.parameters = list(parameters)
        dtypes = sorted({parameter.dtype for parameter in self.parameters})
        if len(dtypes) > 1:
            raise ValueError(f"All trainable parameters of a model must share one dtype. Received: {dtypes}")
        self.dtype = np.dtype(dtypes[0] if dtypes else "float32")

        step = 64 // self.dtype.itemsize
        self.slices = []
        end = 0
        for parameter in self.parameters:
            self.slices.append(slice(end, end + parameter.size))
            end += -(-parameter.size // step) * step
        self.values = aligned_zeros(end, self.dtype)
        self._grads = aligned_zeros(end, self.dtype)
        self._value_views = self.views(self.values)
        self._grad_views = self.views(self._grads)
        self.claim()

    def __reduce__(self):
        """Let copies and pickles be laid out again: views that are copied one by one are views no longer."""
        return FlatParameters, (self.parameters,)

    @property
    def grads(self) -> np.ndarray:
        """The gradients of all parameters; those that nothing was added to are zero."""
        for parameter in self.parameters:
            parameter.grad  # noqa: B018  zeros are written when they are asked for
        return self._grads

    def reached_grads(self) -> list[np.ndarray | None]:
        """Return the gradient of each parameter; ``None`` where nothing was added to it."""
        return [parameter.grad if parameter.is_reached else None for parameter in self.parameters]

    def claim(self) -> None:
        """Make every parameter a view into this buffer, with the value that it has now.

        Nothing is done for a parameter that is one already. It is not, the first time, and when
        another model that shares it has laid it out in a buffer of its own in the meantime.
        """
        for parameter, value, grad in zip(self.parameters, self._value_views, self._grad_views, strict=True):
            if parameter.value is not value:
                value[...] = parameter.value
                grad[...] = parameter.grad
                parameter.value, parameter.grad = value, grad

    def views(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return, for each parameter, its part of ``flat`` (an array laid out like ``values``)."""
        return [
            flat[place].reshape(parameter.shape)
            for parameter, place in zip(self.parameters, self.slices, strict=True)
        ]

    def zero_grads(self) -> None:
        """Set every gradient to zero."""
        for parameter in self.parameters:
            parameter.zero_grad()
