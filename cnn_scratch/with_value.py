"""What parameters and the variables of metrics have in common: the class ``WithValue``."""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class WithValue(NDArrayOperatorsMixin):
    """Something that has an array, its ``value``, and can be computed with as if it were that array.

    ``layer.kernel * 0.5``, ``total / count`` and ``np.sqrt(total)`` are new arrays (or numbers), as they are
    with Keras's variables. They are for programs that look at parameters; layers compute with ``value``.

    A subclass says what ``assign`` does.
    """

    value: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> str:
        return self.value.dtype.name

    def numpy(self) -> np.ndarray:
        """Return a copy of the value."""
        return self.value.copy()

    def assign(self, value) -> None:
        """Take another value of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} must implement `assign`.")

    def assign_add(self, value) -> None:
        """Add ``value``, an array or a number."""
        self.assign(self.value + value)

    def assign_sub(self, value) -> None:
        """Subtract ``value``, an array or a number."""
        self.assign(self.value - value)

    def updated_in_place(self, result: np.ndarray):
        """Return what ``x += 1`` makes of x, given the result of x + 1: the new array, as in Keras."""
        return result

    def __getitem__(self, key):
        return self.value[key].copy()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        """Compute with the values; NumPy calls this for every operator and function of an array."""
        inputs = [one.value if isinstance(one, WithValue) else one for one in inputs]
        if not out:
            return getattr(ufunc, method)(*inputs, **options)
        if isinstance(out[0], WithValue):
            return out[0].updated_in_place(getattr(ufunc, method)(*inputs, **options))
        return getattr(ufunc, method)(*inputs, out=out, **options)
