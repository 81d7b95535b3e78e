"""A part of an image, from a random place."""

from typing import Any

import numpy as np

from cnn_scratch.layers.center_crop import part
from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.random_transform import RandomTransform
from cnn_scratch.layers.resizing import Resizing
from cnn_scratch.random import make_default_seed
from cnn_scratch.shapes import Shape, standardize_tuple


class RandomCrop(RandomTransform):
    """Keeps height × width pixels of an image, in training from a random place.

    Maths:
        In every training step ``top`` is drawn from 0 … H − height and ``left`` from 0 … W − width, as in
        Keras the same for all images of a batch::

            outputs[n, h, w, c]                    = inputs[n, top + h, left + w, c]
            ∂loss/∂inputs[n, top + h, left + w, c] = ∂loss/∂outputs[n, h, w, c], and 0 around that

        At inference, and if the image is not larger in both directions, it is resized: its largest part of
        the proportions height : width, from the middle, as by ``Resizing`` with
        ``crop_to_aspect_ratio=True``.

    Args:
        height, width: the new size.
        seed: of the random numbers; see ``Dropout``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same, with the new height and width.

    Raises:
        ValueError: an argument out of range, or inputs that are not images.

    Example:
        Without a mode the layer is in training, as in Keras. At inference the middle is resized.

        >>> layer = RandomCrop(1, 2, seed=1)
        >>> layer(np.arange(12).reshape(1, 3, 4, 1))[0, :, :, 0]
        array([[8., 9.]], dtype=float32)
        >>> layer(np.arange(12).reshape(1, 3, 4, 1), training=False)[0, :, :, 0]
        array([[2.5, 4.5]], dtype=float32)

    The readable definition is in ``reference/random_crop.py``.
    """

    def __init__(
        self, height: int, width: int, seed: int | None = None, data_format: str | None = None, **kwargs
    ):
        super().__init__(make_default_seed() if seed is None else seed, data_format, **kwargs)
        (self.height,) = standardize_tuple(height, 1, "height")
        (self.width,) = standardize_tuple(width, 1, "width")
        self._resizing = Resizing(
            self.height,
            self.width,
            crop_to_aspect_ratio=True,
            data_format=self.data_format,
            dtype=self.dtype,
            name="resizing",
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._resizing.compute_output_shape(super().compute_output_shape(input_shape))

    def forward(self, inputs: np.ndarray, training: bool | None = None) -> tuple[np.ndarray, Cache]:
        outputs, (inputs, transformation) = super().forward(inputs, training)
        if transformation is None:
            outputs = self._resizing.forward(inputs)[0]
        return outputs, (inputs, transformation)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, transformation = cache
        if transformation is None:
            return self._resizing.backward(grad_outputs, inputs.shape)
        return super().backward(grad_outputs, cache)

    def draw(self, N: int, H: int, W: int) -> tuple[int, int] | None:
        if self.height >= H or self.width >= W:
            return None
        top, left = (
            int(self.uniform((), 0, size - target + 1))
            for size, target in ((H, self.height), (W, self.width))
        )
        return top, left

    def apply(self, images: np.ndarray, transformation: tuple[int, int]) -> np.ndarray:
        return images[part("channels_last", *transformation, self.height, self.width)].copy()

    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: tuple[int, int]
    ) -> np.ndarray:
        # forward: outputs = images[part]
        grad_images = np.zeros_like(images)
        grad_images[part("channels_last", *transformation, self.height, self.width)] = grad_outputs
        return grad_images

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"height": self.height, "width": self.width}
