"""Exponential linear unit."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class ELU(Layer):
    """Lets positive numbers pass; negative ones level off smoothly at −alpha.

    Maths:
        ::

            outputs = inputs where inputs > 0, else alpha · (e^inputs − 1)
            ∂loss/∂inputs = ∂loss/∂outputs · (1 where inputs > 0, else alpha · e^inputs)

        and where inputs ≤ 0, alpha · e^inputs is outputs + alpha: backward needs the outputs only.

    Args:
        alpha: ≥ 0.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative alpha.

    Example:
        e^−∞ = 0, so the smallest output is −alpha.

        >>> ELU(alpha=2.0)(np.array([[-np.inf, 0, 3]]))
        array([[-2.,  0.,  3.]], dtype=float32)

    The readable definition is in ``reference/elu.py``. See Clevert, Unterthiner & Hochreiter, "Fast and
    accurate deep network learning by exponential linear units" (arXiv:1511.07289).
    """

    def __init__(self, alpha: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.activation = activations.elu.with_options(alpha=alpha)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return self.activation.forward(inputs)  # the cache has the shape of the outputs

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        grad_outputs = self.prepare_gradient(grad_outputs, cache.shape)
        # forward: outputs = activation(inputs)
        return self.activation.backward(grad_outputs, cache)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha}
