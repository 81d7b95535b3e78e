"""Multiplicative noise."""

import math
from typing import Any

import numpy as np

from cnn_scratch.kernels.philox import normal
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class GaussianDropout(Layer):
    """Multiplies by random numbers around 1 in training: dropout that is not all or nothing.

    Maths:
        Every element has a random number z, normal with mean 0 and variance 1, drawn anew in every
        training step::

            noise         = 1 + √(rate / (1 − rate)) · z        (mean and variance of Dropout's mask)
            outputs       = inputs · noise
            ∂loss/∂inputs = ∂loss/∂outputs · noise              (each input was multiplied by its noise)

        At inference the inputs are returned as they are. The cache holds the key of the noise;
        backward makes it again.

    Args:
        rate: as in ``Dropout``, from 0 to 1 (without 1: the noise would be infinite).
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range.

    Example:
        With rate 1/2 the noise has a standard deviation of 1; the same seed as in ``GaussianNoise`` draws
        the same z.

        >>> layer = GaussianDropout(0.5, seed=5)
        >>> layer(np.full((1, 4), 10), training=True).round(1)
        array([[16.6, 13.1, 11.8,  9.6]], dtype=float32)
        >>> layer(np.full((1, 4), 10))
        array([[10., 10., 10., 10.]], dtype=float32)

    The readable definition is in ``reference/gaussian_dropout.py``, the generator in ``kernels/philox.py``.
    See Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (JMLR
    2014), section 10.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
        if rate == 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a rate below 1: the noise has the "
                f"standard deviation √(rate / (1 − rate)). Received: rate={rate!r}"
            )
        check_seed(seed)
        self.rate = rate
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training or self.rate == 0:
            return inputs, (inputs.shape, None)
        key = self.seed_generator.next()
        return inputs * self._noise(inputs.shape, key), (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        # forward: outputs = inputs * noise, with the noise that this key makes
        return grad_outputs if key is None else grad_outputs * self._noise(shape, key)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed}

    def _noise(self, shape: Shape, key: np.ndarray) -> np.ndarray:
        noise = normal(shape, self.dtype, key)
        noise *= math.sqrt(self.rate / (1 - self.rate))
        noise += 1
        return noise
