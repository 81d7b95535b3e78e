"""A penalty on the numbers that pass."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.regularizers import L1L2
from cnn_scratch.shapes import Shape


class ActivityRegularization(Layer):
    """Returns its inputs, and adds a penalty on their size to the loss: small activations are wanted.

    Maths:
        ::

            outputs = inputs
            penalty = (l1 · Σ |inputs| + l2 · Σ inputs²) / N          (the mean over the samples)
            ∂loss/∂inputs = ∂loss/∂outputs + ∂penalty/∂inputs

        It is the argument ``activity_regularizer`` that every layer has, as a layer. So the model adds
        the penalty and its gradient, and backward only returns what it is given.

    Args:
        l1, l2: the factors, not negative.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative factor.

    Example:
        >>> layer = ActivityRegularization(l1=0.5)
        >>> layer(np.array([[1, -3]]))
        array([[ 1., -3.]], dtype=float32)
        >>> layer.activity_regularizer(np.array([[1, -3]]))
        2.0

    The readable definition is in ``reference/activity_regularization.py``.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs):
        super().__init__(activity_regularizer=L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return inputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        # forward: outputs = inputs
        return self.prepare_gradient(grad_outputs, cache)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"l1": self.l1, "l2": self.l2}
        del config["activity_regularizer"]  # it is made of l1 and l2
        return config
