"""Additive noise."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.philox import normal
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class GaussianNoise(Layer):
    """Adds random numbers in training: every epoch sees slightly different data.

    Maths:
        Every element has a random number z, normal with mean 0 and variance 1, drawn anew in every
        training step::

            outputs       = inputs + stddev · z
            ∂loss/∂inputs = ∂loss/∂outputs          (z does not depend on the inputs)

        At inference the inputs are returned as they are, and the gradient is the very array that
        came in.

    Args:
        stddev: the standard deviation of the noise, from 0 to 1.
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range.

    Example:
        The noise that is added to zeros:

        >>> layer = GaussianNoise(0.5, seed=5)
        >>> layer(np.zeros((1, 4)), training=True).round(2)
        array([[ 0.33,  0.15,  0.09, -0.02]], dtype=float32)
        >>> layer(np.zeros((1, 4)))
        array([[0., 0., 0., 0.]], dtype=float32)

    The readable definition is in ``reference/gaussian_noise.py``, the generator in ``kernels/philox.py``.
    See Bishop, "Training with noise is equivalent to Tikhonov regularization" (Neural Computation 1995).
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(stddev, "stddev")
        check_seed(seed)
        self.stddev = stddev
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if stddev > 0 else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training or self.stddev == 0:
            return inputs, inputs.shape
        noise = normal(inputs.shape, inputs.dtype, self.seed_generator.next())
        noise *= self.stddev
        noise += inputs
        return noise, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        # forward: outputs = inputs + noise
        return self.prepare_gradient(grad_outputs, cache)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"stddev": self.stddev, "seed": self.seed}
