"""RMS normalization."""

from typing import Any

import numpy as np

from cnn_scratch.axes import counted_from_0, from_rows, standardize_axis, to_rows
from cnn_scratch.kernels import layer_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.layers.layer_normalization import check_epsilon, check_sizes
from cnn_scratch.shapes import Shape


class RMSNormalization(Layer):
    """Divides the numbers of each place by their root mean square: layer normalization without a mean.

    Maths:
        For the D numbers x along ``axis``, at one place of the other axes::

            rms = √(Σ x² / D + ε)        outputs[d] = scale[d] · x[d] / rms

        With g = ∂loss/∂outputs, x̂ = x / rms, and h = scale · g for ∂loss/∂x̂::

            ∂loss/∂scale[d] = Σ g[d]·x̂[d]                              (over all places)
            ∂loss/∂x        = (h − x̂ · Σ h·x̂ / D) / rms

        Besides its own output, x moves the mean square (by 2·x/D), which scales all x̂: the last term.

    Args:
        axis: the axis, or a list of axes, whose numbers are normalized together.
        epsilon: ε, against a division by zero.

    Input shape:
        Any, with known sizes along ``axis``.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs without that axis.

    Example:
        The mean square of 3, 4, 0, 0 is 25 / 4, its root 2.5.

        >>> RMSNormalization(epsilon=0)(np.array([[3, 4, 0, 0]]))
        array([[1.2, 1.6, 0. , 0. ]], dtype=float32)

    The readable definition is in ``reference/rms_normalization.py``. See Zhang & Sennrich, "Root mean
    square layer normalization" (arXiv:1910.07467).
    """

    def __init__(self, axis=-1, epsilon: float = 1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = standardize_axis(axis)
        self.epsilon = check_epsilon(epsilon)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        counted_from_0(self.axis, input_shape, self.name)
        check_sizes(self, input_shape, self.scale.shape if self.built else None)
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]  # as Keras does
        self.scale = self.add_weight("scale", tuple(input_shape[axis] for axis in self.axis), "ones")
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        axes = counted_from_0(self.axis, inputs.shape, self.name)
        rows, scale = to_rows(inputs, axes), self.scale.value.reshape(-1)  # (R, D) and (D,)
        outputs, mean, inverse = kernels.forward(
            rows, scale, np.zeros_like(scale), self.epsilon, centered=False, shifted=False
        )
        return from_rows(outputs, axes, inputs.shape), (rows, mean, inverse, axes, inputs.shape)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        rows, mean, inverse, axes, shape = cache
        grad_rows = to_rows(self.prepare_gradient(grad_outputs, shape), axes)
        # forward: outputs = scale * x * inverse, where inverse comes from x
        scale = self.scale.value.reshape(-1)
        grad_inputs, grad_scale, _ = kernels.gradients(rows, grad_rows, scale, mean, inverse, shifted=False)
        self.scale.grad += grad_scale.reshape(self.scale.shape)
        return from_rows(grad_inputs, axes, shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis, "epsilon": self.epsilon}
