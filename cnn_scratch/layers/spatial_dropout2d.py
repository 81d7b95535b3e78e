"""Dropout of whole activation maps."""

from typing import Any

from cnn_scratch.layers.spatial_dropout import SpatialDropout
from cnn_scratch.shapes import Shape, channels_last, from_channels_last, standardize_data_format


class SpatialDropout2D(SpatialDropout):
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

        >>> import numpy as np
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
        super().__init__(rate, seed, **kwargs)
        self.data_format = standardize_data_format(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        return tuple(input_shape)

    def mask_shape(self, input_shape: Shape) -> Shape:
        N, _, _, C = channels_last(input_shape, self.data_format)
        return from_channels_last((N, 1, 1, C), self.data_format)

    def get_config(self) -> dict[str, Any]:
        # Keras leaves `trainable` out here, and writes the dtype as a plain name.
        return {
            "name": self.name,
            "dtype": self.dtype,
            "rate": self.rate,
            "seed": self.seed,
            "data_format": self.data_format,
        }
