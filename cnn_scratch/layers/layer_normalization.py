"""Layer normalization."""

from typing import Any

import numpy as np

from cnn_scratch.axes import counted_from_0, from_rows, standardize_axis, to_rows
from cnn_scratch.kernels import layer_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class LayerNormalization(Layer):
    """Normalizes the numbers of each place to mean 0 and variance 1, then scales and shifts by learned ones.

    Batch normalization looks at one channel of many samples. This layer looks at all channels of one
    place of one sample, so it does the same in training and at inference, for any batch size.

    Maths:
        For the D numbers x along ``axis``, at one place of the other axes::

            mean = Σ x / D        variance = Σ (x − mean)² / D        x̂ = (x − mean) / √(variance + ε)
            outputs[d] = gamma[d] · x̂[d] + beta[d]

        With g = ∂loss/∂outputs, and h = gamma · g for ∂loss/∂x̂::

            ∂loss/∂beta[d]  = Σ g[d]          ∂loss/∂gamma[d] = Σ g[d]·x̂[d]         (over all places)
            ∂loss/∂x        = (h − Σ h / D − x̂ · Σ h·x̂ / D) / √(variance + ε)

        Besides its own output, x moves the mean (by 1/D), which moves all outputs of its place: so
        Σ h / D is subtracted. And it moves the variance (by 2·(x − mean)/D), which scales all x̂: the
        last term.

    Args:
        axis: the axis, or a list of axes, whose numbers are normalized together.
        epsilon: ε, against a division by zero.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: what they start with.
        beta_regularizer, gamma_regularizer: penalties on them, added to the loss.
        beta_constraint, gamma_constraint: applied to them after each training step.
        rms_scaling: an old option of Keras: x is divided by √(variance + ε) without subtracting the
            mean, and there is no beta. ``RMSNormalization`` is what was meant.

    Input shape:
        Any, with known sizes along ``axis``.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs without that axis.

    Example:
        1 and 3 have mean 2 and variance 1; 10 and 20 have mean 15 and variance 25.

        >>> LayerNormalization(epsilon=0)(np.array([[1, 3], [10, 20]]))
        array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)

    The readable definition is in ``reference/layer_normalization.py``. See Ba, Kiros & Hinton, "Layer
    normalization" (arXiv:1607.06450).
    """

    def __init__(
        self,
        axis=-1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        rms_scaling: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = standardize_axis(axis)
        self.epsilon = check_epsilon(epsilon)
        self.center = center
        self.scale = scale
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.rms_scaling = rms_scaling
        self.gamma = self.beta = None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        counted_from_0(self.axis, input_shape, self.name)
        check_sizes(self, input_shape, self.weights[0].shape if self.weights else None)
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        # In Keras's order: negative axes come first. (The numbers lie in the order of the inputs.)
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        shape = tuple(input_shape[axis] for axis in self.axis)
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight("gamma", shape, **self.options_of("gamma"))
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight("beta", shape, **self.options_of("beta"))
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        axes = counted_from_0(self.axis, inputs.shape, self.name)
        rows = to_rows(inputs, axes)  # (R, D)
        beta = np.zeros(rows.shape[1]) if self.beta is None else self.beta.value.reshape(-1)  # (D,)
        rows_out, mean, inverse = kernels.forward(
            rows, self._gamma(rows), beta, self.epsilon, centered=True, shifted=not self.rms_scaling
        )
        return from_rows(rows_out, axes, inputs.shape), (rows, mean, inverse, axes, inputs.shape)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        rows, mean, inverse, axes, shape = cache
        grad_rows = to_rows(self.prepare_gradient(grad_outputs, shape), axes)
        # forward: outputs = gamma * x̂ + beta, with x̂ = (x - mean) * inverse, both of which come from x
        grad_inputs, grad_gamma, grad_beta = kernels.gradients(
            rows, grad_rows, self._gamma(rows), mean, inverse, shifted=not self.rms_scaling
        )
        if self.gamma is not None:
            self.gamma.grad += grad_gamma.reshape(self.gamma.shape)
        if self.beta is not None:
            self.beta.grad += grad_beta.reshape(self.beta.shape)
        return from_rows(grad_inputs, axes, shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "rms_scaling": self.rms_scaling,
            **self.config_of("beta", "gamma"),
        }

    def _gamma(self, rows: np.ndarray) -> np.ndarray:
        """Return gamma as (D,), ones if there is none."""
        return np.ones(rows.shape[1]) if self.gamma is None else self.gamma.value.reshape(-1)


def check_epsilon(epsilon: float) -> float:
    """Return ``epsilon``, or raise a ``ValueError`` unless it is a number ≥ 0."""
    number = isinstance(epsilon, int | float | np.number) and not isinstance(epsilon, bool)
    if not number or not epsilon >= 0:
        raise ValueError(f"The `epsilon` argument must be a number >= 0. Received: epsilon={epsilon!r}")
    return epsilon


def check_sizes(layer: Layer, input_shape: Shape, expected: Shape | None) -> None:
    """Raise if a size along ``layer.axis`` is unknown, or is not what the layer was built for."""
    axes = layer.axis if isinstance(layer.axis, list) else [layer.axis]
    sizes = tuple(input_shape[axis] for axis in axes)
    if None in sizes or expected not in (None, sizes):
        wanted = "known sizes" if expected is None else f"sizes {expected}"
        raise ValueError(
            f"Input of layer '{layer.name}' is incompatible with the layer: expected {wanted} along the axes "
            f"{axes}. Received: shape {tuple(input_shape)}"
        )
