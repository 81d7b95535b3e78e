"""Images that are moved at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_transform import RandomAffine, Transformation, standardize_factor


class RandomTranslation(RandomAffine):
    """Moves every image up or down, left or right in training: an object may be anywhere.

    Maths:
        Every image n has two random numbers, drawn anew in every training step: dy is uniform between the
        two height factors, times H, and dx between the two width factors, times W::

            outputs[n, y, x, c] = inputs[n, y − dy, x − dx, c]

        Between pixels a mean of the four around the place is taken, and beyond the edge what ``fill_mode``
        says (``cnn_scratch/affine.py``). That is a weighted sum of inputs, and backward goes the same ways
        with the same weights. At inference the inputs are returned as they are.

    Args:
        height_factor: a pair, the lowest and the highest share of the height by which an image moves down;
            negative numbers move it up. A number f means (−f, f).
        width_factor: the same for the width, to the right.
        fill_mode, interpolation, seed, fill_value, data_format: see ``RandomRotation``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        Half of the width is two pixels. Without a mode the layer is in training, as in Keras.

        >>> layer = RandomTranslation(0, (0.5, 0.5), fill_mode="constant")
        >>> layer(np.array([1, 2, 3, 4]).reshape(1, 1, 4, 1))[0, :, :, 0]
        array([[0., 0., 1., 2.]], dtype=float32)

    The readable definition is in ``reference/random_translation.py``.
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._height_range = standardize_factor(height_factor, "height_factor", -1)
        self._width_range = standardize_factor(width_factor, "width_factor", -1)

    def draw(self, N: int, H: int, W: int) -> Transformation:
        down = self.uniform((N, 1), *self._height_range) * np.float32(H)
        right = self.uniform((N, 1), *self._width_range) * np.float32(W)
        return {"translations": np.concatenate([right, down], axis=1)}

    def affine(self, transformation: Transformation, H: int, W: int) -> tuple:
        dx, dy = np.transpose(transformation["translations"])
        return 1, 0, -dx, 0, 1, -dy

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }
