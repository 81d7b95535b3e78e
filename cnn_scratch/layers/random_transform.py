"""What the layers that change images at random have in common: two abstract classes."""

from abc import abstractmethod
from typing import Any

import numpy as np

from cnn_scratch.affine import (
    affine_transform,
    affine_transform_gradient,
    standardize_fill_mode,
    standardize_pixel_interpolation,
)
from cnn_scratch.kernels.philox import uniform
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import (
    Shape,
    channels_last,
    from_channels_last_array,
    standardize_data_format,
    to_channels_last_array,
)

Transformation = Any  # as in Keras: mostly a dictionary of arrays with one number per image


class RandomTransform(Layer):
    """A layer that draws random numbers for each image in training, and changes the image as they say.

    A concrete layer writes three methods: ``draw`` makes the random numbers, the *transformation*; ``apply``
    changes images (N, H, W, C) as a transformation says; ``pull_back`` is the gradient of ``apply``. Nothing
    but ``draw`` is random. At inference the inputs are returned as they are.

    As in Keras, such a layer that is called without a mode, by itself or in a model that is, changes its
    images: ``augmented = augmentation(images)``. ``predict`` and ``evaluate`` leave them alone.

    Args:
        seed: of the random numbers; see ``Dropout``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
    """

    def __init__(self, seed: int | None = None, data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        check_seed(seed)
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed)
        self.data_format = standardize_data_format(data_format)

    @abstractmethod
    def draw(self, N: int, H: int, W: int) -> Transformation:
        """Return random numbers for N images of H × W pixels, under Keras's names."""

    @abstractmethod
    def apply(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        """Return the images (N, H, W, C), changed."""

    @abstractmethod
    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: Transformation
    ) -> np.ndarray:
        """Return ∂loss/∂images for the ∂loss/∂outputs of ``apply``."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (3, 4):
            raise ValueError(
                f"Layer '{self.name}' expected an image (rank 3) or a batch of images (rank 4). "
                f"Received: shape {tuple(input_shape)}"
            )
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool | None = None) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        transformation = self.get_random_transformation(inputs, training is None or training)
        return self.transform_images(inputs, transformation), (inputs, transformation)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, transformation = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(inputs.shape))
        if transformation is None:
            return grad_outputs
        # forward: outputs = apply(images, transformation), in the order of the data format
        grads = self.pull_back(self._batch(grad_outputs), self._batch(inputs), transformation)
        return self._unbatch(grads, inputs.ndim)

    def get_random_transformation(self, data: np.ndarray, training: bool = True) -> Transformation | None:
        """Draw the random numbers for an image or a batch; ``None`` at inference. As in Keras."""
        if not training:
            return None
        N, H, W, _ = channels_last(data.shape if data.ndim == 4 else (1, *data.shape), self.data_format)
        return self.draw(N, H, W)

    def transform_images(
        self, images: np.ndarray, transformation: Transformation | None, training: bool = True
    ) -> np.ndarray:
        """Return an image or a batch, changed as a transformation says. As in Keras."""
        images = self.prepare_inputs(images)
        if transformation is None or not training:
            return images
        return self._unbatch(self.apply(self._batch(images), transformation), images.ndim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format, "seed": self.seed}

    def uniform(self, shape: Shape, low: float, high: float) -> np.ndarray:
        """Draw float32 numbers that are uniform from ``low`` to ``high``, with the next key."""
        numbers = uniform(shape, "float32", self.seed_generator.next())
        return numbers * np.float32(high - low) + np.float32(low)

    def _batch(self, images: np.ndarray) -> np.ndarray:
        """Return an image or a batch as (N, H, W, C)."""
        return to_channels_last_array(images if images.ndim == 4 else images[np.newaxis], self.data_format)

    def _unbatch(self, images: np.ndarray, rank: int) -> np.ndarray:
        """Return (N, H, W, C) as it came in."""
        images = from_channels_last_array(images, self.data_format)
        return images if rank == 4 else images[0]


class RandomAffine(RandomTransform):
    """A layer that moves, turns or stretches images: each output pixel comes from an affine position.

    A concrete layer writes ``draw``, and ``affine``, which makes the positions of the random numbers. See
    ``cnn_scratch/affine.py``.

    Args:
        fill_mode, interpolation, fill_value: see ``RandomRotation``.
        seed, data_format: see ``RandomTransform``.
    """

    def __init__(self, fill_mode: str, interpolation: str, seed, fill_value: float, data_format, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.fill_mode = standardize_fill_mode(fill_mode)
        self.interpolation = standardize_pixel_interpolation(interpolation)
        self.fill_value = fill_value

    @abstractmethod
    def affine(self, transformation: Transformation, H: int, W: int) -> tuple:
        """Return a₀, a₁, a₂, b₀, b₁, b₂ of ``cnn_scratch/affine.py``, each (N,) or one number."""

    def apply(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        transforms = self._transforms(transformation, images.shape)
        return affine_transform(images, transforms, self.interpolation, self.fill_mode, self.fill_value)

    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: Transformation
    ) -> np.ndarray:
        transforms = self._transforms(transformation, images.shape)
        return affine_transform_gradient(grad_outputs, transforms, self.interpolation, self.fill_mode)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "interpolation": self.interpolation,
        }

    def _transforms(self, transformation: Transformation, shape: Shape) -> np.ndarray:
        N, H, W, _ = shape
        numbers = self.affine(transformation, H, W)
        return np.stack([np.broadcast_to(np.float32(number), N) for number in numbers], axis=1)


def standardize_factor(factor, name: str, lowest, each: bool = True) -> tuple[float, float]:
    """Return a number f as (−f, f), with no end below ``lowest``, and a pair in order.

    Args:
        each: whether each number of a pair must lie from ``lowest`` to 1. Keras asks of some pairs only that
            they do not lie altogether outside.

    Raises:
        ValueError: neither a number nor a pair, or out of range.
    """
    pair = tuple(factor) if isinstance(factor, tuple | list) else (factor,)
    numbers = [n for n in pair if isinstance(n, int | float | np.number) and not isinstance(n, bool)]
    fits = len(numbers) == len(pair) and len(pair) in (1, 2)
    if fits and len(pair) == 2 and not each:
        fits = min(pair) <= 1 and max(pair) >= lowest
    elif fits:
        fits = all(lowest <= n <= 1 for n in pair)
    if not fits:
        raise ValueError(
            f"The `{name}` argument should be a number (or a list of two numbers) in the range "
            f"[{lowest}, 1]. Received: {name}={factor}"
        )
    return (min(pair), max(pair)) if len(pair) == 2 else (max(-abs(factor), lowest), abs(factor))
