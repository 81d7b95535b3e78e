"""Normalization with fixed statistics of the data."""

import math
from typing import Any

import numpy as np

from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape

# Keras's: a standard deviation below this counts as this.
SMALLEST_STDDEV = 1e-7


class Normalization(Layer):
    """Shifts and scales data to mean 0 and variance 1, by statistics that were taken once.

    They are given as ``mean`` and ``variance``, or ``adapt`` takes them from data. Nothing is learned
    in training.

    Maths:
        ::

            outputs = (inputs − mean) / max(√variance, 10⁻⁷)
            ∂loss/∂inputs = ∂loss/∂outputs / max(√variance, 10⁻⁷)        (the statistics are constants)

        With ``invert`` the way back: ``outputs = mean + inputs · max(√variance, 10⁻⁷)``.

    Args:
        axis: the axis, or the axes, along which every place has a mean and variance of its own;
            ``None`` for one mean and variance for all numbers.
        mean, variance: both, or neither; they broadcast to the sizes of the inputs along ``axis``.
        invert: whether to undo the normalization instead.

    Input shape:
        Any, with known sizes along ``axis``.

    Output shape:
        The same.

    Raises:
        ValueError: only one of mean and variance, or statistics that do not fit the inputs.

    Example:
        0 and 2 have mean 1 and variance 1; 10 and 14 have mean 12 and variance 4.

        >>> layer = Normalization()
        >>> layer.adapt(np.array([[0, 10], [2, 14]]))
        >>> layer(np.array([[0, 10], [3, 12]]))
        array([[-1., -1.],
               [ 2.,  0.]], dtype=float32)

    The readable definition is in ``reference/normalization.py``.
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.axis = () if axis is None else tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in self.axis):
            raise ValueError(
                f"The `axis` argument must be an integer, a tuple of integers or None. "
                f"Received: axis={axis!r}"
            )
        if (mean is None) != (variance is None) or np.shape(mean) != np.shape(variance):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set, and have the "
                f"same shape. Received: mean={mean} and variance={variance}"
            )
        if np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"The rank of `mean` must be less than or equal to the number of axes ({len(self.axis)}). "
                f"Received: mean of shape {np.shape(mean)}"
            )
        self.input_mean = np.array(mean).tolist()  # None stays None
        self.input_variance = np.array(variance).tolist()
        self.invert = invert

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        if not all(-rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"All `axis` values of layer '{self.name}' must be in the range [-ndim, ndim). "
                f"Received: inputs with ndim={rank}, while axis={self.axis}"
            )
        sizes = tuple(input_shape[axis] for axis in self._kept_axes(rank))
        if None in sizes or (self.built and sizes != self._sizes):
            wanted = f"the sizes {self._sizes}" if self.built else "known sizes"
            raise ValueError(
                f"Input of layer '{self.name}' is incompatible with the layer: expected {wanted} along the "
                f"axes {self.axis}. Received: shape {tuple(input_shape)}"
            )
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        self._sizes = tuple(input_shape[axis] for axis in self._kept_axes(len(input_shape)))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight("mean", self._sizes, "zeros", trainable=False)
            self.adapt_variance = self.add_weight("variance", self._sizes, "ones", trainable=False)
            # Always 0: Keras keeps it in its files, for the sake of older ones.
            self.count = self.add_weight("count", (), "zeros", trainable=False, dtype="int64")
        else:
            try:
                np.broadcast_to(self.input_mean, self._sizes)
            except ValueError:
                raise ValueError(
                    f"The `mean` and `variance` of layer '{self.name}' must broadcast to the sizes of its "
                    f"inputs along the axes {self.axis}, {self._sizes}. "
                    f"Received: shape {np.shape(self.input_mean)}"
                ) from None
        self.built = True

    def adapt(self, data) -> None:
        """Take mean and variance from data.

        Args:
            data: an array, or an iterable of batches: of arrays, or of tuples that begin with one.

        Raises:
            ValueError: no batch, a batch that does not fit the ones before, or a layer whose mean and
                variance are given.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"Layer '{self.name}' has a mean and variance, which `adapt` would have to overwrite. "
                f"Expected: a layer without. Received: mean={self.input_mean}"
            )
        mean = variance = 0.0
        count = 0
        for batch in [data] if isinstance(data, np.ndarray) else data:
            batch = np.asarray(batch[0] if isinstance(batch, tuple) else batch)
            self.build_once(batch.shape)
            self.compute_output_shape(batch.shape)
            kept = self._kept_axes(batch.ndim)
            others = tuple(axis for axis in range(batch.ndim) if axis not in kept)
            number = math.prod(batch.shape[axis] for axis in others)
            if number == 0:
                continue
            of_batch = batch.mean(others, dtype=np.float64)
            squares = batch.var(others, dtype=np.float64)
            # Two groups of data as one: the variances inside them, and that of their means.
            share = number / (count + number)
            difference = of_batch - mean
            variance = variance + share * (squares - variance) + share * (1 - share) * difference**2
            mean = mean + share * difference
            count += number
        if count == 0:
            raise ValueError(f"`adapt` of layer '{self.name}' expected at least one batch. Received: no data")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    @property
    def mean(self) -> np.ndarray | None:
        """The mean that is subtracted, one number for each place along ``axis``; ``None`` before build."""
        return self._statistic("mean") if self.built else None

    @property
    def variance(self) -> np.ndarray | None:
        """The variance, like ``mean``."""
        return self._statistic("variance") if self.built else None

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        mean, stddev = self._mean_and_stddev(inputs.ndim)
        if mean.size == mean.shape[-1] == inputs.shape[-1]:  # one for each channel, as in images
            mean, stddev = mean.reshape(-1).astype(np.float64), stddev.reshape(-1).astype(np.float64)
            nothing = np.zeros_like(mean)
            vectors = (nothing, stddev, mean) if self.invert else (mean, 1 / stddev, nothing)
            return kernels.normalize(inputs, *vectors), inputs.shape
        outputs = mean + inputs * stddev if self.invert else (inputs - mean) / stddev
        return outputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        grad_outputs = self.prepare_gradient(grad_outputs, cache)
        _, stddev = self._mean_and_stddev(len(cache))
        # forward: outputs = (inputs - mean) / stddev, or the inverse of that
        return grad_outputs * stddev if self.invert else grad_outputs / stddev

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "axis": self.axis,
            "invert": self.invert,
            "mean": self.input_mean,
            "variance": self.input_variance,
        }

    def _kept_axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes along which every place has statistics of its own, counted from 0."""
        return tuple(sorted({axis % rank for axis in self.axis}))

    def _statistic(self, name: str) -> np.ndarray:
        if self.input_mean is None:
            return getattr(self, f"adapt_{name}").value
        given = np.asarray(getattr(self, f"input_{name}"), self.dtype)
        return np.broadcast_to(given, self._sizes)

    def _mean_and_stddev(self, rank: int) -> tuple[np.ndarray, np.ndarray]:
        """Return both with an axis of size 1 in place of every axis that shares them."""
        kept = self._kept_axes(rank)
        others = tuple(axis for axis in range(rank) if axis not in kept)
        mean, variance = (np.expand_dims(array, others) for array in (self.mean, self.variance))
        return mean, np.maximum(np.sqrt(variance), np.asarray(SMALLEST_STDDEV, self.dtype))
