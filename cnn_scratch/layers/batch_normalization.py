"""Batch normalization."""

from typing import Any

import numpy as np

from cnn_scratch import initializers
from cnn_scratch.axes import from_last_axis, standardize_one_axis, to_last_axis
from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class BatchNormalization(Layer):
    """Shifts and scales every channel to mean 0 and variance 1, then to a scale and shift that it learns.

    Maths:
        Per channel, over the R = N·H·W numbers x of a batch (all axes but ``axis``)::

            mean = Σ x / R        variance = Σ (x − mean)² / R        x̂ = (x − mean) / √(variance + ε)
            outputs = gamma · x̂ + beta

        With g = ∂loss/∂outputs::

            ∂loss/∂beta  = Σ g              ∂loss/∂gamma = Σ g·x̂          (both take part in every output)
            ∂loss/∂x     = gamma / √(variance + ε) · (g − Σ g / R − x̂ · Σ g·x̂ / R)

        One number xᵢ changes more than its own output. It moves the mean, by 1/R, and the variance, by
        2·(xᵢ − mean) / R, and with them every other x̂ⱼ::

            ∂x̂ⱼ/∂xᵢ = ([i = j] − 1/R − x̂ⱼ·x̂ᵢ / R) / √(variance + ε)        ∂loss/∂xᵢ = Σⱼ gⱼ·gamma·∂x̂ⱼ/∂xᵢ

        Training also updates moving statistics, ``moving = momentum · moving + (1 − momentum) · batch``.
        Inference uses them in place of the batch's. They are constants, so then only the first term of
        ∂loss/∂x is left. With ``trainable = False`` the layer always works like that, as in Keras.

    Args:
        axis: the axis of the channels.
        momentum: how much of the moving statistics stays at each step, from 0 to 1.
        epsilon: ε ≥ 0, against a division by zero.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: what
            the parameters and statistics start with.
        beta_regularizer, gamma_regularizer: penalties, added to the loss.
        beta_constraint, gamma_constraint: applied to them after each training step.
        renorm: batch renormalization (Ioffe, arXiv:1702.03275): training normalizes as
            outputs = gamma · (x̂·r + d) + beta, with r = √(variance + ε) / renorm_stddev and
            d = (mean − renorm_mean) / renorm_stddev; r and d count as constants in the gradient.
        renorm_clipping: the bounds of r and d, a dictionary with ``rmin``, ``rmax``, ``dmax``.
        renorm_momentum: the momentum of ``renorm_mean`` and ``renorm_stddev``.
        synchronized: accepted; there is one process only, whose batch is the whole batch.

    Input shape:
        Any. An empty batch has no statistics, and leaves the moving ones as they are.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs without that axis.

    Example:
        1 and 3 have mean 2 and variance 1. The moving mean goes from 0 to 0.9·0 + 0.1·2 = 0.2.

        >>> layer = BatchNormalization(momentum=0.9, epsilon=0)
        >>> layer(np.array([[1], [3]]), training=True)
        array([[-1.],
               [ 1.]], dtype=float32)
        >>> layer.moving_mean.numpy(), layer.moving_variance.numpy()
        (array([0.2], dtype=float32), array([1.], dtype=float32))

    The readable definition is in ``reference/batch_normalization.py``. See Ioffe & Szegedy, "Batch
    normalization: accelerating deep network training" (arXiv:1502.03167).
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = standardize_one_axis(axis)
        self.momentum = _number(momentum, "momentum", 1.0)
        self.epsilon = _number(epsilon, "epsilon")
        self.center = center
        self.scale = scale
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = _check_clipping(renorm_clipping or {}) if renorm else renorm_clipping
        self.renorm_momentum = _number(renorm_momentum, "renorm_momentum", 1.0)
        self.synchronized = synchronized

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise ValueError(
                f"Axis {self.axis} is out of bounds for the input of layer '{self.name}', of shape "
                f"{tuple(input_shape)}. Received: axis={self.axis}"
            )
        self.check_axis(input_shape, input_shape[self.axis], self.moving_mean.size if self.built else None)
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        shape = (input_shape[self.axis],)
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        if self.scale:
            self.gamma = self.add_weight("gamma", shape, **self.options_of("gamma"))
        if self.center:
            self.beta = self.add_weight("beta", shape, **self.options_of("beta"))
        self.moving_mean = self.add_weight("moving_mean", shape, mean, trainable=False)
        self.moving_variance = self.add_weight("moving_variance", shape, variance, trainable=False)
        if self.renorm:

            def stddev(shape, dtype):
                return np.sqrt(variance(shape, dtype))

            self.moving_stddev = self.add_weight("moving_stddev", shape, stddev, trainable=False)
            self.renorm_mean = self.add_weight("renorm_mean", shape, mean, trainable=False)
            self.renorm_stddev = self.add_weight("renorm_stddev", shape, stddev, trainable=False)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        """Return outputs and cache; in training, update the moving statistics (the state of this layer)."""
        values = to_last_axis(self.prepare_inputs(inputs), self.axis)  # (…, C)
        vectors, statistics = self.coefficients(values, training)
        outputs = kernels.normalize(values, *vectors)
        return from_last_axis(outputs, self.axis), (values, statistics)

    def coefficients(self, values: np.ndarray | None, training: bool, moments=None) -> tuple[tuple, tuple]:
        """Return mean, scale and shift of ``outputs = (values − mean) · scale + shift``, each (C,).

        Return besides what ``add_gradients`` needs of the statistics. In training, update the moving
        statistics; otherwise ``values`` are not looked at.

        Args:
            values: (…, C).
            moments: mean and variance of the values, if they are known already.
        """
        of_batch = training and self.trainable and values.size > 0
        if of_batch:
            mean, variance = kernels.moments(values) if moments is None else moments
        else:
            mean, variance = (w.value.astype(np.float64) for w in (self.moving_mean, self.moving_variance))
        inverse = 1 / np.sqrt(variance + self.epsilon)
        r, d = 1.0, 0.0
        if of_batch and self.renorm:
            r, d = self._renorm_correction(mean, inverse)
        if of_batch:
            self._move_statistics(mean, variance)
        gamma = self.gamma.value if self.scale else np.ones_like(mean)
        beta = self.beta.value if self.center else np.zeros_like(mean)
        # gamma · (x̂·r + d) + beta, as one multiplication and one addition
        return (mean, gamma * r * inverse, gamma * d + beta), (mean, inverse, r, d, of_batch)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        values, statistics = cache
        mean, inverse = statistics[:2]
        shape = np.moveaxis(values, -1, self.axis).shape
        grad_outputs = to_last_axis(self.prepare_gradient(grad_outputs, shape), self.axis)
        sums = kernels.gradient_sums(values, grad_outputs, mean, inverse)  # Σ g and Σ g·x̂
        scale, slope, shift = self.add_gradients(*sums, statistics, values.size // values.shape[-1])
        if slope is None:
            return from_last_axis(grad_outputs * scale.astype(self.dtype), self.axis)
        grad_inputs = kernels.grad_inputs(values, grad_outputs, mean, scale, slope, shift)
        return from_last_axis(grad_inputs, self.axis)

    def add_gradients(self, grad_sum: np.ndarray, grad_dot: np.ndarray, statistics: tuple, R: int) -> tuple:
        """Add ∂loss/∂gamma and ∂loss/∂beta; return the vectors (C,) that ∂loss/∂inputs is computed with.

        Args:
            grad_sum, grad_dot: Σ g and Σ g·x̂ of each channel, (C,).
            statistics: the second thing that ``coefficients`` returned.
            R: how many numbers a channel has.

        Returns:
            Scale, slope and shift of ``∂loss/∂x = g · scale − (x − mean) · slope − shift``; slope and shift
            are ``None`` if mean and variance were constants.
        """
        mean, inverse, r, d, of_batch = statistics
        gamma = self.gamma.value if self.scale else np.ones_like(mean)
        # forward: outputs = gamma * (x̂ * r + d) + beta
        if self.center:
            self.beta.grad += grad_sum
        if self.scale:
            self.gamma.grad += grad_dot * r + grad_sum * d
        scale = gamma * r * inverse
        if not of_batch:
            # forward: x̂ = (x - mean) * inverse, with constants
            return scale, None, None
        # forward: x̂ = (x - mean) * inverse, where mean and inverse come from x
        slope = scale * inverse * grad_dot / R  # (x - mean) · slope = scale · x̂ · Σ g·x̂ / R
        return scale, slope, scale * grad_sum / R

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "synchronized": self.synchronized,
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
            **self.config_of("beta", "gamma"),
        }

    def _renorm_correction(self, mean: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return r and d, which compare the statistics of this batch with those of many batches."""
        stddev = np.maximum(self.renorm_stddev.value, np.sqrt(self.epsilon))
        bounds = {"rmin": 0.0, "rmax": np.inf, "dmax": np.inf} | self.renorm_clipping
        r = np.clip(1 / (inverse * stddev), bounds["rmin"], bounds["rmax"])
        d = np.clip((mean - self.renorm_mean.value) / stddev, -bounds["dmax"], bounds["dmax"])
        return r, d

    def _move_statistics(self, mean: np.ndarray, variance: np.ndarray) -> None:
        _move(self.moving_mean, mean, self.momentum)
        if not self.renorm:
            _move(self.moving_variance, variance, self.momentum)
            return
        stddev = np.sqrt(variance + self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        # Keras averages the standard deviation here, and derives the variance from it.
        _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(np.maximum(self.moving_stddev.value**2 - self.epsilon, 0))


def _move(statistic, value: np.ndarray, momentum: float) -> None:
    """Move a statistic a little towards ``value``."""
    statistic.assign(statistic.value * momentum + value * (1 - momentum))


def _number(value, name: str, highest: float = np.inf) -> float:
    """Return ``value`` as a float, or raise a ``ValueError`` unless 0 ≤ value ≤ highest."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value <= highest:
        wanted = "a number >= 0" if highest == np.inf else f"a number between 0 and {highest:g}"
        raise ValueError(f"The `{name}` argument must be {wanted}. Received: {name}={value!r}")
    return float(value)


def _check_clipping(clipping: dict[str, float]) -> dict[str, float]:
    """Return ``renorm_clipping``, or raise a ``ValueError`` that says what is wrong with it."""
    unknown = set(clipping) - {"rmax", "rmin", "dmax"}
    if unknown or clipping.get("rmax", np.inf) < clipping.get("rmin", 0) or clipping.get("dmax", 0) < 0:
        raise ValueError(
            "The `renorm_clipping` argument must be a dictionary with keys among 'rmax', 'rmin', 'dmax', "
            f"where rmin <= rmax and dmax >= 0. Received: renorm_clipping={clipping}"
        )
    return clipping
