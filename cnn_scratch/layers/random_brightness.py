"""Images whose brightness changes at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_contrast import standardize_value_range
from cnn_scratch.layers.random_transform import RandomTransform, Transformation, standardize_factor


class RandomBrightness(RandomTransform):
    """Adds a number to all pixels of an image in training: the same scene in other light.

    Maths:
        Every image n has a random number d, drawn anew in every training step: uniform between the two
        factors, times the length of ``value_range``::

            outputs[n, h, w, c] = inputs[n, h, w, c] + d[n]

        Numbers outside of ``value_range`` are set to its end, and get no gradient there. Elsewhere::

            ∂loss/∂inputs = ∂loss/∂outputs

        At inference the inputs are returned as they are.

    Args:
        factor: a pair, the lowest and the highest change as a share of ``value_range``, from −1 (all is
            black) to 1 (all is white). A number f means (−f, f).
        value_range: the lowest and the highest number that a pixel may have.
        seed: of the random numbers; see ``Dropout``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        A fifth of 0 … 255 is 51. Without a mode the layer is in training, as in Keras.

        >>> layer = RandomBrightness((0.2, 0.2))
        >>> layer(np.array([0, 100, 250]).reshape(1, 1, 3, 1))[0, :, :, 0]
        array([[ 51., 151., 255.]], dtype=float32)

    The readable definition is in ``reference/random_brightness.py``.
    """

    def __init__(
        self,
        factor,
        value_range=(0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = standardize_factor(factor, "factor", -1, each=False)
        self.value_range = sorted(standardize_value_range(value_range))

    def draw(self, N: int, H: int, W: int) -> Transformation:
        low, high = self.value_range
        return {"rgb_delta": self.uniform((N, 1, 1, 1), *self.factor) * np.float32(high - low)}

    def apply(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        outputs = self._brightened(images, transformation)
        return np.clip(outputs, *self.value_range, out=outputs)

    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: Transformation
    ) -> np.ndarray:
        low, high = self.value_range
        # forward: outputs = clip(images + delta)
        brightened = self._brightened(images, transformation)
        return grad_outputs * ((brightened >= low) & (brightened <= high))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor, "value_range": self.value_range}

    def _brightened(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return images + np.asarray(transformation["rgb_delta"], self.dtype).reshape(-1, 1, 1, 1)
