"""ValueOperators: what can be computed with a parameter as it stands, ``layer.kernel * 0.5``."""

import numpy as np


class ValueOperators:
    """The operators of something that has an array, its ``value``: each gives a new array, as in Keras.

    They are for programs that look at parameters. Layers compute with ``value`` itself.
    """

    value: np.ndarray

    def __getitem__(self, key):
        return self.value[key].copy()

    def __add__(self, other):
        return self.value + other

    def __radd__(self, other):
        return other + self.value

    def __sub__(self, other):
        return self.value - other

    def __rsub__(self, other):
        return other - self.value

    def __mul__(self, other):
        return self.value * other

    def __rmul__(self, other):
        return other * self.value

    def __truediv__(self, other):
        return self.value / other

    def __rtruediv__(self, other):
        return other / self.value

    def __pow__(self, other):
        return self.value**other

    def __rpow__(self, other):
        return other**self.value

    def __matmul__(self, other):
        return self.value @ other

    def __rmatmul__(self, other):
        return other @ self.value

    def __neg__(self):
        return -self.value

    def __abs__(self):
        return abs(self.value)
