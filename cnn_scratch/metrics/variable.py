"""The variables that your own metrics count in, and how a metric makes them."""

import numpy as np

from cnn_scratch import initializers
from cnn_scratch.with_value import WithValue


class Variable(WithValue):
    """An array that a metric keeps, with the methods that it has in Keras.

    NumPy takes it for an array: ``total / count`` and ``np.sqrt(total)`` are arrays or numbers, and
    ``float(total)`` is a number. ``assign`` changes nothing that was read before.

    Args:
        value: the first value; its dtype is that of all others.
        name: for messages.

    Example:
        >>> counts = Variable(np.zeros(2), "counts")
        >>> counts.assign_add([1.0, 3.0])
        >>> counts / np.sum(counts)
        array([0.25, 0.75])
    """

    def __init__(self, value: np.ndarray, name: str):
        self.value = np.array(value)
        self.name = name

    def assign(self, value) -> None:
        """Take another value.

        Raises:
            ValueError: of another shape.
        """
        value = np.array(value, self.dtype)
        if value.shape != self.shape:
            raise ValueError(
                f"The shape of the value to assign does not match variable '{self.name}'. "
                f"Expected: {self.shape}. Received: {value.shape}"
            )
        self.value = value

    def updated_in_place(self, result: np.ndarray) -> "Variable":
        """Take the result of ``total += 1``, and stay this variable."""
        self.assign(result)
        return self

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"<Variable name={self.name}, shape={self.shape}, dtype={self.dtype}, value={self.value}>"


class WithVariables:
    """The part of a metric that makes its variables, lists them and resets them."""

    def __init__(self):
        self._variables: list[Variable] = []

    def add_variable(
        self, shape, initializer, dtype=None, aggregation: str = "sum", name: str | None = None
    ) -> Variable:
        """Return a new variable, which ``reset_state`` sets to zero unless you write another ``reset_state``.

        Args:
            shape: ``()`` for one number.
            initializer: of the first value, ``"zeros"``.
            dtype: float64 if not given.
            aggregation: an argument of Keras, without a meaning here.
            name: for messages.

        Raises:
            ValueError: no shape, or no initializer.
            RuntimeError: ``super().__init__()`` was not called.
        """
        if not hasattr(self, "_variables"):
            raise RuntimeError(
                f"You forgot to call `super().__init__()` in the `__init__()` of {type(self).__name__}."
            )
        if not isinstance(shape, list | tuple) or not all(isinstance(n, int | np.integer) for n in shape):
            raise ValueError(f"Expected `shape` as a tuple of integers. Received: shape={shape!r}")
        initialize = initializers.get(initializer)
        if initialize is None:
            raise ValueError("Expected an initializer, 'zeros' for example. Received: initializer=None")
        dtype = np.dtype(dtype or "float64").name
        self._variables.append(
            Variable(np.asarray(initialize(tuple(shape), dtype), dtype), name or "variable")
        )
        return self._variables[-1]

    def add_weight(self, shape=(), initializer=None, dtype=None, name: str | None = None) -> Variable:
        """Return a new variable: another name of ``add_variable``."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """What ``add_variable`` has returned, here and in the metrics among the attributes."""
        return self._variables + [variable for part in self._parts() for variable in part.variables]

    def _parts(self) -> list["WithVariables"]:
        """Return the metrics that this one counts with."""
        values = (value if isinstance(value, list | tuple) else [value] for value in vars(self).values())
        return [one for some in values for one in some if isinstance(one, WithVariables)]

    def reset_state(self) -> None:
        """Forget everything: set the variables to zero, and reset the metrics among the attributes.

        Raises:
            NotImplementedError: there are none, so the metric must have counted somewhere else.
        """
        parts = self._parts()
        if not self._variables and not parts:
            raise NotImplementedError(
                f"Metric '{self.name}' has no variables to set to zero. Count in what `add_weight` returns, "
                "or write a `reset_state` that forgets what `update_state` has counted."
            )
        for variable in self._variables:
            variable.assign(np.zeros(variable.shape))
        for part in parts:
            part.reset_state()
