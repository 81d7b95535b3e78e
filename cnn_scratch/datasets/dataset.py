"""`Dataset`: images and labels, checked, with all that a training program has to know about them."""

from dataclasses import dataclass

import numpy as np

from cnn_scratch.datasets.errors import DatasetError

MIN_SIDE = 4  # pixels; a smaller image leaves nothing after one convolution and one pooling


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training and for testing. One that exists has passed every check.

    Attributes:
        name: a short name, such as ``"mnist"`` or a folder's name.
        source: what was read and what was done to it, as a phrase for the screen.
        x_train: images (N, H, W, C), uint8 or float32.
        y_train: labels (N,), int64, from 0 to ``num_classes − 1``; every class occurs.
        x_test: the images held out, (M, H, W, C).
        y_test: their labels (M,).
        class_names: the name of each label, in the order of the labels.
        value_range: the smallest and the largest value a pixel can have, ``(0, 255)`` for
            ordinary images. ``Rescaling(1 / value_range[1])`` brings pixels to 0 … 1.

    Raises:
        DatasetError: if counts, shapes, labels and class names do not fit together.
    """

    name: str
    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    value_range: tuple[float, float] = (0, 255)

    def __post_init__(self):
        check_images(self.x_train, self.y_train, f"the training set of {self.name!r}")
        check_images(self.x_test, self.y_test, f"the test set of {self.name!r}")
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise DatasetError(
                f"Expected training and test images of one size in {self.name!r}. Received: "
                f"{self.x_train.shape[1:]} and {self.x_test.shape[1:]}."
            )
        check_labels(self.y_train, self.class_names, f"the training set of {self.name!r}")
        check_labels(self.y_test, self.class_names, f"the test set of {self.name!r}")
        check_every_class(self.y_train, self.class_names, f"the training set of {self.name!r}")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Return the shape of one image, (H, W, C)."""
        return self.x_train.shape[1:]

    @property
    def num_classes(self) -> int:
        """Return the number of classes."""
        return len(self.class_names)

    def describe(self) -> str:
        """Return one sentence: how many images, of which shape and values, in how many classes."""
        height, width, channels = self.input_shape
        colour = {1: "grayscale", 3: "colour"}.get(channels, f"{channels} channels")
        low, high = self.value_range
        return (
            f"{self.name}: {len(self.x_train):,} training and {len(self.x_test):,} test images, "
            f"{height}x{width}, {colour}, values {low:g} to {high:g} ({self.x_train.dtype}), "
            f"{self.num_classes} classes"
        )


def check_images(images: np.ndarray, labels: np.ndarray, where: str) -> None:
    """Check shapes and counts: images (N, H, W, C), labels (N,), N ≥ 1, no side too small.

    Raises:
        DatasetError: they are not so; the message says ``where``.
    """
    if images.ndim != 4:
        raise DatasetError(
            f"Expected images of shape (N, H, W, C) in {where}. Received: shape {images.shape}."
        )
    if labels.shape != (len(images),):
        raise DatasetError(
            f"Expected one label for each image in {where}. Received: {len(images)} images and labels of "
            f"shape {labels.shape}."
        )
    if len(images) == 0:
        raise DatasetError(f"Expected at least one image in {where}. Received: none.")
    if min(images.shape[1:3]) < MIN_SIDE:
        raise DatasetError(
            f"Expected images of at least {MIN_SIDE}x{MIN_SIDE} pixels in {where}. Received: "
            f"{images.shape[1]}x{images.shape[2]}. Use larger images, or have them resized (image_size)."
        )


def check_labels(labels: np.ndarray, class_names: tuple[str, ...], where: str) -> None:
    """Check that there are at least two classes and that every label is one of them.

    Raises:
        DatasetError: there are fewer, or a label is none of them.
    """
    if len(class_names) < 2:
        raise DatasetError(
            f"Expected at least two classes in {where}. Received: {len(class_names)} "
            f"({', '.join(class_names)}). A classifier needs something to tell apart."
        )
    outside = (labels < 0) | (labels >= len(class_names))
    if outside.any():
        first = int(np.argmax(outside))
        raise DatasetError(
            f"Expected labels from 0 to {len(class_names) - 1} in {where}. Received: {labels[first]} at "
            f"position {first} ({int(outside.sum())} labels out of range)."
        )


def check_every_class(labels: np.ndarray, class_names: tuple[str, ...], where: str) -> None:
    """Check that no class is without images.

    Raises:
        DatasetError: one is.
    """
    counts = np.bincount(labels, minlength=len(class_names))
    if (counts == 0).any():
        empty = int(np.argmin(counts))
        raise DatasetError(
            f"Expected images of every class, labels 0 to {len(class_names) - 1}, in {where}. Received: no "
            f"image of class {empty} ({class_names[empty]}). Add images of it, or number the labels anew "
            f"without it."
        )
