"""The same vector several times."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class RepeatVector(Layer):
    """Repeats each sample, a vector, to make a sequence of it.

    Maths:
        ::

            outputs[s, i, d] = inputs[s, d]      for every sample s and every copy i < n

        A number gets the gradients of all its copies::

            ∂loss/∂inputs[s, d] = Σ_i ∂loss/∂outputs[s, i, d]

    Args:
        n: how often.

    Input shape:
        (N, D).

    Output shape:
        (N, n, D).

    Raises:
        TypeError: ``n`` is not an integer.
        ValueError: ``n`` is not positive, or inputs that are not 2-D.

    Example:
        >>> RepeatVector(2)(np.array([[1.0, 2.0]]))
        array([[[1., 2.],
                [1., 2.]]], dtype=float32)

    The readable definition is in ``reference/repeat_vector.py``.
    """

    def __init__(self, n: int, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`. Received: n={n!r}")
        if n <= 0:
            raise ValueError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 2)
        return (input_shape[0], self.n, input_shape[1])

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return np.repeat(inputs[:, np.newaxis], self.n, axis=1), inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        # forward: outputs[:, i] = inputs, for every i
        return grad_outputs.sum(axis=1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"n": self.n}
