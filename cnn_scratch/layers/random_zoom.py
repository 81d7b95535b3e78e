"""Images that are stretched at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_transform import RandomAffine, Transformation, standardize_factor


class RandomZoom(RandomAffine):
    """Brings every image nearer or moves it away in training: an object may be large or small.

    Maths:
        Every image n has two random numbers, drawn anew in every training step: zy is uniform between the
        two height factors, plus 1, and zx between the two width factors, plus 1. With (cx, cy) the middle of
        the image, and x, y counted from there::

            outputs[n, cy + y, cx + x, c] = inputs[n, cy + zy·y, cx + zx·x, c]

        So numbers below 1 make things larger, and above 1 smaller. Between pixels a mean of the four around
        the place is taken, and beyond the edge what ``fill_mode`` says (``cnn_scratch/affine.py``). That is
        a weighted sum of inputs, and backward goes the same ways with the same weights. At inference the
        inputs are returned as they are.

    Args:
        height_factor: a pair, how much the height that is seen changes at least and at most, from −1 to 1:
            positive numbers make things smaller, (−0.3, −0.2) makes them larger. A number f means (−f, f).
        width_factor: the same for the width; ``None`` (default) keeps the proportions.
        fill_mode, interpolation, seed, fill_value, data_format: see ``RandomRotation``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        Half of the width fills the image: pixels are at 1.5 ± ¼ and 1.5 ± ¾. Without a mode the layer is in
        training, as in Keras.

        >>> layer = RandomZoom(0, (-0.5, -0.5))
        >>> layer(np.array([0, 4, 8, 12]).reshape(1, 1, 4, 1))[0, :, :, 0]
        array([[3., 5., 7., 9.]], dtype=float32)

    The readable definition is in ``reference/random_zoom.py``.
    """

    def __init__(
        self,
        height_factor,
        width_factor=None,
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
        self._height_range = standardize_zoom(height_factor, "height_factor")
        self._width_range = None if width_factor is None else standardize_zoom(width_factor, "width_factor")

    def draw(self, N: int, H: int, W: int) -> Transformation:
        zooms = [self.uniform((N, 1), 1 + low, 1 + high) for low, high in self._ranges()]
        return {"height_zoom": zooms[0], "width_zoom": zooms[-1]}

    def affine(self, transformation: Transformation, H: int, W: int) -> tuple:
        zy, zx = (np.float32(transformation[key])[:, 0] for key in ("height_zoom", "width_zoom"))
        cx, cy = np.float32(0.5 * (W - 1)), np.float32(0.5 * (H - 1))
        return zx, 0, cx * (1 - zx), 0, zy, cy * (1 - zy)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }

    def _ranges(self) -> list[tuple[float, float]]:
        return [self._height_range] if self._width_range is None else [self._height_range, self._width_range]


def standardize_zoom(factor, name: str) -> tuple[float, float]:
    """Return a factor as a pair; −1 would zoom into a point.

    Raises:
        ValueError: not a number or a pair from −1 to 1, or −1 among them.
    """
    if -1 in (factor if isinstance(factor, tuple | list) else (factor,)):
        raise ValueError(
            f"The `{name}` argument should be a number (or a list of two numbers) in the range (-1.0, 1.0]. "
            f"Received: {name}={factor}"
        )
    return standardize_factor(factor, name, -1)
