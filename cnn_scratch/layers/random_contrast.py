"""Images whose contrast changes at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_transform import RandomTransform, Transformation, standardize_factor


class RandomContrast(RandomTransform):
    """Moves the pixels of every image away from their mean in training, or towards it.

    Maths:
        Every image n has a random number f, uniform between 1 − low and 1 + high and drawn anew in every
        training step. With μ the mean of all pixels of a channel of the image::

            outputs[n, h, w, c] = (inputs[n, h, w, c] − μ[n, c]) · f[n] + μ[n, c]

        Numbers outside of ``value_range`` are set to its end, and get no gradient there. With G the gradient
        where there is one, and μ_G its mean (over all pixels of a channel)::

            ∂loss/∂inputs = f · G + (1 − f) · μ_G

        At inference the inputs are returned as they are.

    Args:
        factor: a pair (low, high), from 0 to 1. As in Keras, a number f means (0, f): more contrast, never
            less.
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
        Twice the contrast around the mean 4, as if the random number were 2; −2 becomes 0.

        >>> images = np.array([1, 3, 5, 7]).reshape(1, 1, 4, 1)
        >>> RandomContrast(1).transform_images(images, {"contrast_factor": 2})[0, :, :, 0]
        array([[ 0.,  2.,  6., 10.]], dtype=float32)

    The readable definition is in ``reference/random_contrast.py``.
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
        self.factor = standardize_factor(factor, "factor", 0, each=False)
        self.value_range = standardize_value_range(value_range)

    def draw(self, N: int, H: int, W: int) -> Transformation:
        low, high = self.factor
        return {"contrast_factor": self.uniform((N, 1, 1, 1), 1 - low, 1 + high)}

    def apply(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        outputs = self._adjusted(images, transformation)
        return np.clip(outputs, *self.value_range, out=outputs).reshape(images.shape)

    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: Transformation
    ) -> np.ndarray:
        factor = self._factor(transformation)
        low, high = self.value_range
        # forward: outputs = clip(adjusted)
        adjusted = self._adjusted(images, transformation)
        kept = (adjusted >= low) & (adjusted <= high)
        grads = _rows(grad_outputs) * kept  # (N, H, W·C)
        # forward: adjusted = images * factor + mean(images) * (1 - factor)
        from_mean = _mean(grads.reshape(images.shape)) * (1 - factor)
        grads *= factor
        grads += from_mean
        return grads.reshape(images.shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor, "value_range": self.value_range}

    def _factor(self, transformation: Transformation) -> np.ndarray:
        return np.asarray(transformation["contrast_factor"], self.dtype).reshape(-1, 1, 1)

    def _adjusted(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        """Return the images as ``_rows``, before numbers outside of the range are cut off."""
        mean = _mean(images)
        outputs = _rows(images) - mean
        outputs *= self._factor(transformation)
        outputs += mean
        return outputs


def standardize_value_range(value_range) -> tuple[float, float]:
    """Return two numbers as a tuple, or raise a ``ValueError``."""
    numbers = value_range if isinstance(value_range, tuple | list) else ()
    if len(numbers) != 2 or not all(isinstance(n, int | float | np.number) for n in numbers):
        raise ValueError(
            f"The `value_range` argument should be a list of two numbers. Received: value_range={value_range}"
        )
    return tuple(value_range)


def _rows(images: np.ndarray) -> np.ndarray:
    """Return images (N, H, W, C) as (N, H, W·C): NumPy is slow along an axis of three numbers."""
    N, H, W, C = images.shape
    return images.reshape(N, H, W * C)


def _mean(images: np.ndarray) -> np.ndarray:
    """Return the means of the channels of each image for all pixels of a row, (N, 1, W·C).

    The sums are float64.
    """
    N, H, W, C = images.shape
    sums = _rows(images).sum(axis=1, dtype=np.float64).reshape(N, W, C).sum(axis=1, keepdims=True)
    return np.tile((sums / (H * W)).astype(images.dtype), W)  # (N, 1, C) to (N, 1, W·C)
