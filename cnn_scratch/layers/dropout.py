"""Dropout: random zeros against overfitting."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.dropout import dropout
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.layers.noise_shape import check_noise_shape, concrete_noise_shape, standardize_noise_shape
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class Dropout(Layer):
    """Sets random numbers to zero in training, so that no unit can rely on another one.

    Maths:
        Every element gets a random number u, uniform in [0, 1), drawn anew in every training step::

            mask    = 1 / (1 − rate) where u ≥ rate, 0 elsewhere
            outputs = inputs · mask
            ∂loss/∂inputs = ∂loss/∂outputs · mask        (each input was multiplied by its mask)

        The factor 1 / (1 − rate) makes up for what is dropped: u ≥ rate has the probability 1 − rate, so
        the mask is 1 on average, and nothing needs to be scaled at inference. There the inputs are
        returned as they are (the same array, not a copy; no layer changes an array that it was given).

    Args:
        rate: the share of the inputs that is dropped, from 0 to 1.
        noise_shape: the shape of the mask, if parts of the inputs share it. It must broadcast to the
            inputs' shape; ``None`` stands for the inputs' own size: ``(None, 1, 1, None)`` drops
            whole channels.
        seed: of the random numbers. Each number is a function of the seed, of how many masks were drawn
            before, and of its place in the mask (``kernels/philox.py``). So the cache need not hold the
            mask: backward makes it again from these.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or a noise_shape that does not broadcast to the inputs.

    Example:
        A quarter is dropped, the rest is multiplied by 1 / (1 − 1/4) = 4/3.

        >>> layer = Dropout(0.25, seed=4)
        >>> layer(np.full((2, 4), 3), training=True)
        array([[0., 4., 4., 4.],
               [4., 4., 4., 0.]], dtype=float32)
        >>> layer(np.full((1, 4), 3))
        array([[3., 3., 3., 3.]], dtype=float32)

    The readable definition is in ``reference/dropout.py``. See Srivastava et al., "Dropout: a simple
    way to prevent neural networks from overfitting" (JMLR 2014).
    """

    def __init__(self, rate: float, noise_shape=None, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
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
        return self._drop(inputs, key), (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        # forward: outputs = inputs * mask; the key makes the same mask again
        return grad_outputs if key is None else self._drop(grad_outputs, key)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}

    def _drop(self, values: np.ndarray, key: np.ndarray) -> np.ndarray:
        return dropout(values, self.rate, concrete_noise_shape(self.noise_shape, values.shape), key)


def check_fraction(value: float, name: str) -> None:
    """Raise a ``ValueError`` unless ``value`` is a number from 0 to 1."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1. "
            f"Received: {name}={value!r}"
        )
