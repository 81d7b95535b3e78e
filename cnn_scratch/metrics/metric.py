"""The base of every metric, and means of values."""

from collections.abc import Callable

import numpy as np

from cnn_scratch.losses.reduction import squeeze_or_expand_to_same_rank
from cnn_scratch.metrics.variable import WithVariables
from cnn_scratch.naming import to_snake_case


class Metric(WithVariables):
    """Something that is measured over many batches.

    ``reset_state()``, then ``update_state(y_true, y_pred)`` for each batch, then ``result()``.
    The state is kept in float64, so that a long epoch does not lose digits; Keras keeps float32.

    Args:
        dtype: accepted for Keras's sake and written to the config.
        name: name of the metric; by default the class name in snake case.

    Example:
        Your own metric is written as in Keras, with NumPy. This one counts how many ones were missed.

        >>> class Missed(Metric):
        ...     def __init__(self, name="missed", **options):
        ...         super().__init__(name=name, **options)
        ...         self.missed = self.add_weight(name="missed", initializer="zeros")
        ...
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.missed.assign_add(np.sum((y_true == 1) & (y_pred < 0.5)))
        ...
        ...     def result(self):
        ...         return self.missed
        >>> metric = Missed()  # or model.compile(metrics=[Missed()])
        >>> metric.update_state(np.array([1, 1, 0, 1]), np.array([0.2, 0.7, 0.1, 0.4]))
        >>> float(metric.result())
        2.0
    """

    direction: str | None = None  # "up" if a larger result is better, "down" if a smaller one is

    def __init__(self, dtype=None, name: str | None = None):
        self.name = name or to_snake_case(type(self).__name__)
        super().__init__()
        self.dtype = np.dtype(dtype or "float32").name

    @property
    def float_dtype(self) -> str:
        """The dtype in which predictions are compared with thresholds."""
        return "float64" if self.dtype == "float64" else "float32"

    def __call__(self, *args, **kwargs) -> float:
        """Update the state and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch into account.

        Args:
            y_true: labels.
            y_pred: predictions.
            sample_weight: one factor per sample, or ``None``.
        """
        raise NotImplementedError(f"Metric '{self.name}' must implement `update_state`.")

    def result(self) -> float:
        """Return the metric over everything since the last ``reset_state``."""
        raise NotImplementedError(f"Metric '{self.name}' must implement `result`.")

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict) -> "Metric":
        """Make a metric from the dictionary that ``get_config`` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class Mean(Metric):
    """The mean, weighted if weights are given, of the values it is shown.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1, 3, 5, 7])
        >>> mean.result()
        4.0
    """

    def __init__(self, name: str | None = "mean", dtype=None):
        super().__init__(dtype, name)
        self.reset_state()

    def update_state(self, values, sample_weight=None) -> None:
        """Take values into account; those of one sample (all axes but the first) are averaged first."""
        values, weights = reduce_to_samplewise_values(values, sample_weight)
        self.total += float(values.sum())
        self.count += float(values.size if weights is None else weights.sum())

    def add(self, value: float, weight: float) -> None:
        """Take one number into account: what ``update_state`` does, for a number that is known to be one."""
        self.total += value * weight
        self.count += weight

    def result(self) -> float:
        """Return the mean; 0 if there was nothing to average."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget everything."""
        self.total = 0.0
        self.count = 0.0


class Sum(Metric):
    """The sum, weighted if weights are given, of the values it is shown.

    Example:
        >>> total = Sum()
        >>> total.update_state([1, 3, 5, 7])
        >>> total.result()
        16.0
    """

    def __init__(self, name: str | None = "sum", dtype=None):
        super().__init__(dtype, name)
        self.reset_state()

    def update_state(self, values, sample_weight=None) -> None:
        """Take values into account, each with the weight of its sample (or its own)."""
        values = np.asarray(values, np.float64)
        if sample_weight is not None:
            values, weights = squeeze_or_expand_to_same_rank(values, np.asarray(sample_weight, np.float64))
            weights = weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
            values = values * _broadcast_weight(weights, values.shape)
        self.total += float(values.sum())

    def result(self) -> float:
        """Return the sum."""
        return self.total

    def reset_state(self) -> None:
        """Forget everything."""
        self.total = 0.0


class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions.

    Args:
        fn: called as ``fn(y_true, y_pred, **kwargs)``; returns one value per sample.
        name: see ``Metric``; by default the name of ``fn`` in snake case, as Keras has it.
        dtype: see ``Metric``.
        **kwargs: further arguments of ``fn``.
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype=None, **kwargs):
        super().__init__(name or _name_of(fn), dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch into account."""
        values = self._fn(np.asarray(y_true), np.asarray(y_pred), **self._fn_kwargs)
        super().update_state(values, sample_weight)


def _name_of(fn: Callable) -> str:
    """Return the name of a function, or of an object that can be called: ``lambda``, ``top_three``."""
    return getattr(fn, "name", None) or to_snake_case(getattr(fn, "__name__", type(fn).__name__))


def reduce_to_samplewise_values(values, sample_weight) -> tuple[np.ndarray, np.ndarray | None]:
    """Return one weighted value per sample, and one weight per sample, both in float64.

    Args:
        values: (N,) or (N, d₀, …), or a single number.
        sample_weight: weights of the first axes of ``values``, or ``None``.
    """
    values = np.asarray(values, np.float64)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, np.float64)
        values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
        if values.ndim > sample_weight.ndim:
            values = values.mean(axis=tuple(range(sample_weight.ndim, values.ndim)))
        sample_weight = _broadcast_weight(sample_weight, values.shape)
        values = values * sample_weight
        if sample_weight.ndim > 1:
            sample_weight = sample_weight.mean(axis=tuple(range(1, sample_weight.ndim)))
    if values.ndim > 1:
        values = values.mean(axis=tuple(range(1, values.ndim)))
    return values, sample_weight


def _broadcast_weight(sample_weight: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return np.broadcast_to(sample_weight, shape)
    except ValueError:
        raise ValueError(
            "Expected `sample_weight` to have one weight per sample, or a shape that can be broadcast to the "
            f"values. Received: sample_weight.shape={sample_weight.shape}, values.shape={shape}"
        ) from None
