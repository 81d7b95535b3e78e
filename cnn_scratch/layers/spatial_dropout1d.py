"""Dropout of whole features of a sequence."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.dropout import dropout
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class SpatialDropout1D(Layer):
    """Sets whole features of a sequence to zero in training: all steps of a channel, or none.

    ``SpatialDropout2D`` for inputs with one axis of places instead of two.

    Maths:
        Every sequence n and channel c has one random number u, uniform in [0, 1), drawn anew in every
        training step::

            mask[n, c]             = 1 / (1 − rate) where u[n, c] ≥ rate, 0 elsewhere
            outputs[n, t, c]       = inputs[n, t, c] · mask[n, c]
            ∂loss/∂inputs[n, t, c] = ∂loss/∂outputs[n, t, c] · mask[n, c]

        The expected value of the mask is 1. At inference the inputs are returned as they are.

    Args:
        rate: the share of the features that is dropped, from 0 to 1.
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        (N, T, C).

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not sequences.

    Example:
        One sequence of three steps with two features: the first one is kept and doubled
        (1 / (1 − 1/2) = 2), the second dropped.

        >>> SpatialDropout1D(0.5, seed=3)(np.ones((1, 3, 2)), training=True)[0]
        array([[2., 0.],
               [2., 0.],
               [2., 0.]], dtype=float32)

    The readable definition is in ``reference/spatial_dropout1d.py``. See Tompson et al., "Efficient
    object localization using convolutional networks" (arXiv:1411.4280).
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
        check_seed(seed)
        self.rate = rate
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 3)
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training or self.rate == 0:
            return inputs, (inputs.shape, None)
        key = self.seed_generator.next()
        return dropout(inputs, self.rate, self._noise_shape(inputs.shape), key), (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        # forward: outputs = inputs * mask, with the mask that this key makes
        return (
            grad_outputs if key is None else dropout(grad_outputs, self.rate, self._noise_shape(shape), key)
        )

    def get_config(self) -> dict[str, Any]:
        # Keras leaves `trainable` out here, and writes the dtype as a plain name.
        return {
            "name": self.name,
            "dtype": self.dtype,
            "rate": self.rate,
            "seed": self.seed,
        }

    def _noise_shape(self, input_shape: Shape) -> Shape:
        N, _, C = input_shape
        return N, 1, C
