"""Images that are turned at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_transform import RandomAffine, Transformation, standardize_factor


class RandomRotation(RandomAffine):
    """Turns every image about its middle in training: a camera is never held quite level.

    Maths:
        Every image n has a random angle α, drawn anew in every training step: uniform between the two
        factors, times 360°. With (cx, cy) the middle of the image, and x, y counted from there::

            outputs[n, cy + y, cx + x, c] = inputs[n, cy + x·sin α + y·cos α, cx + x·cos α − y·sin α, c]

        which turns what is seen counter-clockwise by α. Between pixels a mean of the four around the place
        is taken, and beyond the edge what ``fill_mode`` says (``cnn_scratch/affine.py``). That is a weighted
        sum of inputs, and backward goes the same ways with the same weights. At inference the inputs are
        returned as they are.

    Args:
        factor: a pair, the lowest and the highest share of a full turn, from −1 to 1. A number f means
            (−f, f): ``0.1`` turns by up to 36° to either side.
        fill_mode: what is seen beyond the edges of ``abcd``: ``"reflect"`` (default) ``dcba|abcd|dcba``,
            ``"wrap"`` ``abcd|abcd|abcd``, ``"nearest"`` ``aaaa|abcd|dddd`` or ``"constant"``.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: of the random numbers; see ``Dropout``.
        fill_value: the number beyond the edges for ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        A quarter of a full turn, counter-clockwise. Without a mode the layer is in training, as in Keras.

        >>> layer = RandomRotation((0.25, 0.25), interpolation="nearest")
        >>> layer(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]).reshape(1, 3, 3, 1))[0, :, :, 0]
        array([[3., 6., 9.],
               [2., 5., 8.],
               [1., 4., 7.]], dtype=float32)

    The readable definition is in ``reference/random_rotation.py``.
    """

    def __init__(
        self,
        factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = standardize_factor(factor, "factor", -1, each=False)

    def draw(self, N: int, H: int, W: int) -> Transformation:
        low, high = self.factor
        return {"angle": self.uniform((N,), low * 360, high * 360)}

    def affine(self, transformation: Transformation, H: int, W: int) -> tuple:
        # all in float32, as Keras has it
        angle = np.float32(transformation["angle"]) * np.float32(np.pi / 180)
        cos, sin = np.cos(angle), np.sin(angle)
        cx, cy = np.float32(0.5 * (W - 1)), np.float32(0.5 * (H - 1))
        return cos, -sin, cx - cx * cos + cy * sin, sin, cos, cy - cx * sin - cy * cos

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor}
