"""Group normalization."""

import math
from typing import Any

import numpy as np

from cnn_scratch.axes import from_last_axis, standardize_one_axis, to_last_axis
from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.layers.layer_normalization import check_epsilon
from cnn_scratch.shapes import Shape


class GroupNormalization(Layer):
    """Shifts and scales each group of channels of each sample to mean 0 and variance 1.

    Between layer normalization (``groups=1``) and instance normalization (``groups=-1``: each channel
    of each image for itself). The batch plays no part, so training and inference are the same.

    Maths:
        For the M = H·W·C / groups numbers x of one group of channels of one sample::

            mean = Σ x / M        variance = Σ (x − mean)² / M        x̂ = (x − mean) / √(variance + ε)
            outputs = gamma[c] · x̂ + beta[c]                                  (one of each per channel)

        With g = ∂loss/∂outputs, and h = gamma · g for ∂loss/∂x̂::

            ∂loss/∂beta[c] = Σ g          ∂loss/∂gamma[c] = Σ g·x̂          (over samples and pixels)
            ∂loss/∂x       = (h − Σ h / M − x̂ · Σ h·x̂ / M) / √(variance + ε)

        The last two terms are there because x moves the mean and the variance of its group.

    Args:
        groups: the number of groups; −1 for as many as there are channels.
        axis: the axis of the channels, not the first one.
        epsilon: ε, against a division by zero.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: what they start with.
        beta_regularizer, gamma_regularizer: penalties on them, added to the loss.
        beta_constraint, gamma_constraint: applied to them after each training step.

    Input shape:
        (N, …), with a known number of channels, a multiple of ``groups``.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs whose channels cannot be grouped.

    Example:
        Two groups of two channels, with means 2 and 15 and variances 1 and 25.

        >>> GroupNormalization(groups=2, epsilon=0)(np.array([[1, 3, 10, 20]]))
        array([[-1.,  1., -1.,  1.]], dtype=float32)

    The readable definition is in ``reference/group_normalization.py``. See Wu & He, "Group
    normalization" (arXiv:1803.08494).
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if (
            not isinstance(groups, int | np.integer)
            or isinstance(groups, bool)
            or not (groups > 0 or groups == -1)
        ):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for "
                f"instance normalization). Received: groups={groups}"
            )
        self.groups = int(groups)
        self.axis = standardize_one_axis(axis)
        self.epsilon = check_epsilon(epsilon)
        self.center = center
        self.scale = scale
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.gamma = self.beta = None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        if not -rank <= self.axis < rank or self.axis % rank == 0:
            raise ValueError(
                f"The `axis` of layer '{self.name}' must name an axis of its input behind the batch. "
                f"Received: axis={self.axis}, shape {tuple(input_shape)}"
            )
        C = input_shape[self.axis]
        self.check_axis(input_shape, C, self.weights[0].size if self.weights else None)
        if C % self.groups:  # never with groups=-1
            raise ValueError(
                f"The number of channels of layer '{self.name}' must be a multiple of its number of groups. "
                f"Received: groups={self.groups}, but {C} channels (shape {tuple(input_shape)})"
            )
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        C = input_shape[self.axis]
        self.groups = C if self.groups == -1 else self.groups  # as Keras does, in the config too
        if self.scale:
            self.gamma = self.add_weight("gamma", (C,), **self.options_of("gamma"))
        if self.center:
            self.beta = self.add_weight("beta", (C,), **self.options_of("beta"))
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        values = to_last_axis(self.prepare_inputs(inputs), self.axis)  # (N, …, C)
        N, C = len(values), values.shape[-1]
        gamma, beta = self._gamma_and_beta(C)
        if not values.size:
            return from_last_axis(np.empty_like(values), self.axis), (values, *np.zeros((2, N, C)))
        of_channels, variances = kernels.moments_of_samples(values)  # (N, C)
        mean = self._mean_of_groups(of_channels)
        # The variance of a group: that inside its channels, and that of its channels' means.
        variance = self._mean_of_groups(variances + (of_channels - mean) ** 2)
        inverse = 1 / np.sqrt(variance + self.epsilon)
        outputs = kernels.normalize(values, mean, gamma * inverse, beta)
        return from_last_axis(outputs, self.axis), (values, mean, inverse)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        values, mean, inverse = cache
        C = values.shape[-1]
        shape = np.moveaxis(values, -1, self.axis).shape
        grad_outputs = to_last_axis(self.prepare_gradient(grad_outputs, shape), self.axis)
        R = max(1, math.prod(values.shape[1:-1]))  # 1 where there is nothing to add up
        gamma, _ = self._gamma_and_beta(C)
        # Σ g and Σ g·x̂, (N, C)
        grad_sum, grad_dot = kernels.gradient_sums(values, grad_outputs, mean, inverse)
        # forward: x̂ = (x - mean) * inverse, where mean and inverse come from x
        shift = inverse * self._mean_of_groups(gamma * grad_sum / R)
        slope = inverse**2 * self._mean_of_groups(gamma * grad_dot / R)
        grad_inputs = kernels.grad_inputs(values, grad_outputs, mean, gamma * inverse, slope, shift)
        # forward: outputs = gamma * x̂ + beta
        if self.gamma is not None:
            self.gamma.grad += grad_dot.sum(axis=0)
        if self.beta is not None:
            self.beta.grad += grad_sum.sum(axis=0)
        return from_last_axis(grad_inputs, self.axis)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self.config_of("beta", "gamma"),
        }

    def _mean_of_groups(self, channels: np.ndarray) -> np.ndarray:
        """Return the mean of each group of ``channels`` (N, C), repeated for each of its channels."""
        N, C = channels.shape
        groups = channels.reshape(N, self.groups, C // self.groups)
        return np.repeat(groups.mean(axis=2), C // self.groups, axis=1)

    def _gamma_and_beta(self, C: int) -> tuple[np.ndarray, np.ndarray]:
        """Return gamma and beta, ones and zeros if there is none."""
        gamma = np.ones(C) if self.gamma is None else self.gamma.value
        beta = np.zeros(C) if self.beta is None else self.beta.value
        return gamma, beta
