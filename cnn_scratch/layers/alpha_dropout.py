"""Dropout for networks of SELU."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.philox import uniform
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.layers.noise_shape import check_noise_shape, concrete_noise_shape, standardize_noise_shape
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape

# What SELU makes of very negative numbers: −scale · alpha.
LOWEST = -1.0507009873554805 * 1.6732632423543772


class AlphaDropout(Layer):
    """Sets random numbers to SELU's lowest value in training, and keeps the mean and variance.

    SELU brings its numbers towards mean 0 and variance 1. Zeros, as ``Dropout`` puts in, would change
    both; here the numbers that are dropped become what SELU makes of −∞, α′ = −1.758…, and a straight
    line puts mean and variance back.

    Maths:
        Every element has a random number u, uniform in [0, 1), drawn anew in every training step::

            kept    = inputs where u ≥ rate, α′ elsewhere
            outputs = a · kept + b        a = 1 / √((1 − rate) · (1 + rate·α′²))        b = −a · α′ · rate
            ∂loss/∂inputs = a · ∂loss/∂outputs where u ≥ rate, 0 elsewhere     (what was dropped has no part)

        For inputs of mean 0 and variance 1, kept has the mean rate·α′ and the variance
        (1 − rate)·(1 + rate·α′²): so outputs have mean 0 and variance 1 again. At inference the
        inputs are returned as they are.

    Args:
        rate: the share of the inputs that is dropped, from 0 to 1 (without 1: no variance would be
            left to scale).
        noise_shape: the shape of the mask, if parts of the inputs share it; see ``Dropout``.
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or a noise_shape that does not broadcast to the inputs.

    Example:
        With rate 1/2, a is 0.89 and b is 0.78. A 1 that is kept becomes a·1 + b = 1.67, what is
        dropped a·α′ + b = −0.78.

        >>> layer = AlphaDropout(0.5, seed=4)
        >>> layer(np.ones((1, 4)), training=True).round(2)
        array([[-0.78,  1.67,  1.67,  1.67]], dtype=float32)
        >>> layer(np.ones((1, 4)))
        array([[1., 1., 1., 1.]], dtype=float32)

    The readable definition is in ``reference/alpha_dropout.py``. See Klambauer et al.,
    "Self-normalizing neural networks" (arXiv:1706.02515).
    """

    def __init__(self, rate: float, noise_shape=None, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
        if rate == 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a rate below 1: if everything is "
                f"dropped, no factor can put the variance back. Received: rate={rate!r}"
            )
        check_seed(seed)
        self.rate = rate
        self.noise_shape = standardize_noise_shape(noise_shape)
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_noise_shape(self.noise_shape, input_shape, self.name)
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training or self.rate == 0:
            return inputs, (inputs.shape, None)
        key = self.seed_generator.next()
        a, b = self._line()
        outputs = np.where(
            self._is_kept(inputs.shape, key), a * inputs + b, np.asarray(a * LOWEST + b, self.dtype)
        )
        return outputs, (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        if key is None:
            return grad_outputs
        # forward: outputs = a * inputs + b where they were kept, with the mask that this key makes
        a, _ = self._line()
        return grad_outputs * np.where(self._is_kept(shape, key), np.asarray(a, self.dtype), 0)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}

    def _line(self) -> tuple[float, float]:
        """Return a and b."""
        a = ((1 - self.rate) * (1 + self.rate * LOWEST**2)) ** -0.5
        return a, -a * LOWEST * self.rate

    def _is_kept(self, shape: Shape, key: np.ndarray) -> np.ndarray:
        return uniform(concrete_noise_shape(self.noise_shape, shape), self.dtype, key) >= self.rate
