"""Inputs of length 1."""

from typing import Any

import numpy as np

from cnn_scratch.axes import counted_from_0, standardize_axis
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape

# Keras's: a vector shorter than this is divided by it, so that zeros stay zeros.
SHORTEST = 1e-12


class UnitNormalization(Layer):
    """Divides the numbers of each place by their length, so that their squares add up to 1.

    Maths:
        For the numbers x along ``axis``, at one place of the other axes::

            length  = √(Σ x²)
            outputs = x / max(length, 10⁻¹²)

        With g = ∂loss/∂outputs::

            ∂loss/∂x = (g − outputs · Σ g·outputs) / length

        Besides its own output, x moves the length (by x / length), which scales all outputs: the
        last term. It takes away what would only make the vector longer, which changes nothing.
        Where the length is below 10⁻¹², that is the divisor, a constant: ∂loss/∂x = g / 10⁻¹².

    Args:
        axis: the axis, or a list of axes, whose numbers make one vector.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an axis that is not an integer, or that the inputs do not have.

    Example:
        3² + 4² = 5².

        >>> UnitNormalization()(np.array([[3, 4]]))
        array([[0.6, 0.8]], dtype=float32)

    The readable definition is in ``reference/unit_normalization.py``.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = standardize_axis(axis)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        counted_from_0(self.axis, input_shape, self.name)
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        axes = counted_from_0(self.axis, inputs.shape, self.name)
        squares = np.square(inputs, dtype=np.float64).sum(axes, keepdims=True)
        length = np.sqrt(squares)
        outputs = inputs / np.maximum(length, SHORTEST).astype(self.dtype)
        return outputs, (outputs, length, axes)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        outputs, length, axes = cache
        grad_outputs = self.prepare_gradient(grad_outputs, outputs.shape)
        # forward: outputs = x / max(length, 1e-12), where length comes from x
        along = (grad_outputs * outputs).sum(axes, keepdims=True)
        along[length < SHORTEST] = 0  # a constant divisor
        return (grad_outputs - outputs * along) / np.maximum(length, SHORTEST).astype(self.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}
