"""Dropout of whole features of a sequence."""

from typing import Any

from cnn_scratch.layers.spatial_dropout import SpatialDropout
from cnn_scratch.shapes import Shape


class SpatialDropout1D(SpatialDropout):
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

        >>> import numpy as np
        >>> SpatialDropout1D(0.5, seed=3)(np.ones((1, 3, 2)), training=True)[0]
        array([[2., 0.],
               [2., 0.],
               [2., 0.]], dtype=float32)

    The readable definition is in ``reference/spatial_dropout1d.py``. See Tompson et al., "Efficient
    object localization using convolutional networks" (arXiv:1411.4280).
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs):
        super().__init__(rate, seed, **kwargs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 3)
        return tuple(input_shape)

    def mask_shape(self, input_shape: Shape) -> Shape:
        N, _, C = input_shape
        return N, 1, C

    def get_config(self) -> dict[str, Any]:
        # Keras leaves `trainable` out here, and writes the dtype as a plain name.
        return {
            "name": self.name,
            "dtype": self.dtype,
            "rate": self.rate,
            "seed": self.seed,
        }
