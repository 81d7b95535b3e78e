"""Dropout of whole activation maps."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.dropout import dropout
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape, channels_last, from_channels_last, standardize_data_format


class SpatialDropout2D(Layer):
    """Sets whole activation maps to zero in training: all pixels of a channel, or none.

    Neighbouring pixels of a map say nearly the same, so dropping single ones hides little. Here the
    layers that follow must do without a whole feature.

    Maths:
        Every image n and channel c has one random number u, uniform in [0, 1), drawn anew in every
        training step::

            mask[n, c]             = 1 / (1 − rate) where u[n, c] ≥ rate, 0 elsewhere
            outputs[n, h, w, c]    = inputs[n, h, w, c] · mask[n, c]
            ∂loss/∂inputs[n,h,w,c] = ∂loss/∂outputs[n, h, w, c] · mask[n, c]

        The expected value of the mask is 1. At inference the inputs are returned as they are.

    Args:
        rate: the share of the maps that is dropped, from 0 to 1.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        One image with two maps: the first one is kept and doubled (1 / (1 − 1/2) = 2), the second dropped.

        >>> layer = SpatialDropout2D(0.5, data_format="channels_first", seed=3)
        >>> layer(np.ones((1, 2, 2, 3)), training=True)[0]
        array([[[2., 2., 2.],
                [2., 2., 2.]],
               [[0., 0., 0.],
                [0., 0., 0.]]], dtype=float32)

    The readable definition is in ``reference/spatial_dropout2d.py``. See Tompson et al., "Efficient
    object localization using convolutional networks" (arXiv:1411.4280).
    """

    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
        check_seed(seed)
        self.rate = rate
        self.data_format = standardize_data_format(data_format)
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
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
            "data_format": self.data_format,
        }

    def _noise_shape(self, input_shape: Shape) -> Shape:
        N, _, _, C = channels_last(input_shape, self.data_format)
        return from_channels_last((N, 1, 1, C), self.data_format)
