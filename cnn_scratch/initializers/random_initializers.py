"""Random initializers whose distribution is given directly.

A random initializer holds a seed, not a generator: called twice it gives the same array, as in
Keras. Numbers are always drawn in float64 and then rounded, so a float32 model starts from the
rounded values of its float64 twin.
"""

import math

import numpy as np

from cnn_scratch.initializers.initializer import Initializer
from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.random import check_seed, make_default_seed, make_generator


class RandomInitializer(Initializer):
    """Base class of the random initializers: it holds the seed.

    Args:
        seed: an integer. ``None`` draws one now from the package's generator
            (``cnn_scratch.utils.set_random_seed`` makes that repeatable).

    Raises:
        ValueError: ``seed`` is neither an integer nor ``None``.
    """

    def __init__(self, seed: int | None = None):
        check_seed(seed)
        self._init_seed = seed
        self.seed = make_default_seed() if seed is None else int(seed)

    def get_config(self):
        return {"seed": self._init_seed}

    def _normal(self, shape, mean, stddev, dtype) -> np.ndarray:
        values = make_generator(self.seed).standard_normal(tuple(shape))
        return _scaled(values, stddev, mean, dtype)

    def _truncated_normal(self, shape, mean, stddev, dtype) -> np.ndarray:
        """Normal numbers, redrawn while they lie more than two standard deviations from the mean."""
        generator = make_generator(self.seed)
        values = generator.standard_normal(math.prod(shape))
        outside = np.flatnonzero(np.abs(values) > 2)
        while outside.size:
            values[outside] = generator.standard_normal(outside.size)
            outside = outside[np.abs(values[outside]) > 2]
        return _scaled(values.reshape(tuple(shape)), stddev, mean, dtype)

    def _uniform(self, shape, minval, maxval, dtype) -> np.ndarray:
        values = make_generator(self.seed).random(tuple(shape))
        return _scaled(values, maxval - minval, minval, dtype)


class RandomNormal(RandomInitializer):
    """Normal numbers.

    Args:
        mean: their mean.
        stddev: their standard deviation.
        seed: see ``RandomInitializer``.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype="float32"):
        return self._normal(shape, self.mean, self.stddev, dtype)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomInitializer):
    """Normal numbers without those more than two standard deviations from the mean.

    Args:
        mean: mean of the normal distribution.
        stddev: its standard deviation *before* the truncation.
        seed: see ``RandomInitializer``.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype="float32"):
        return self._truncated_normal(shape, self.mean, self.stddev, dtype)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomUniform(RandomInitializer):
    """Numbers spread evenly between two bounds.

    Args:
        minval: lower bound.
        maxval: upper bound.
        seed: see ``RandomInitializer``.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape, dtype="float32"):
        return self._uniform(shape, self.minval, self.maxval, dtype)

    def get_config(self):
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns (whichever are fewer), times ``gain``.

    A shape of more than two axes is treated as the matrix of all but the last axis by the last.
    Reference: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", 2014.

    Args:
        gain: factor.
        seed: see ``RandomInitializer``.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype="float32"):
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = self._normal((max(rows, columns), min(rows, columns)), 0.0, 1.0, "float64")
        with single_threaded_blas():  # the bits must not depend on the number of threads
            q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # without it Q would not be uniform among orthogonal matrices
        if rows < columns:
            q = q.T
        return (self.gain * q.reshape(tuple(shape))).astype(dtype or "float32")

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


def _scaled(values: np.ndarray, factor: float, offset: float, dtype) -> np.ndarray:
    """Return ``values · factor + offset`` in ``dtype``, working in place to save memory."""
    values *= factor
    values += offset
    return values.astype(dtype or "float32", copy=False)
