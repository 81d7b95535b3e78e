"""image_dataset_from_directory: batches of images from a folder with one sub-folder per class."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from cnn_scratch.random import make_generator
from cnn_scratch.shapes import standardize_data_format, standardize_tuple
from cnn_scratch.utils.batches import Batches
from cnn_scratch.utils.image_files import FORMATS, check_labels, check_split, index_directory, part_of
from cnn_scratch.utils.image_resize import Resize
from cnn_scratch.utils.images import MODES, pillow, read_pixels


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size=(256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
):
    """Return the images of a folder as batches for ``fit``, ``evaluate`` and ``predict``.

    ::

        animals/cat/*.png
        animals/dog/*.png

    Args:
        directory: the folder.
        labels: ``"inferred"`` from the sub-folders, ``None`` for no labels, or a list of integers, one
            per file in the order of their paths.
        label_mode: ``"int"`` for integers (fractions in a list of labels stay fractions), ``"categorical"``
            for one-hot rows, ``"binary"`` for 0 and 1 as float32 (N, 1), ``None`` for no labels.
        class_names: the sub-folders to read, in the order of their labels; all, sorted, if not given.
        color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
        batch_size: images per batch; ``None`` for one image at a time, without a batch axis.
        image_size: (H, W) of all images.
        shuffle: whether the order is drawn anew for each epoch; else that of the paths.
        seed: of the order, and of the choice of the validation's images, which is Keras's.
        validation_split: the share of the images that is set aside.
        subset: ``"training"``, ``"validation"`` or ``"both"`` (which returns a list of two).
        interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio: see ``layers.Resizing``.
        follow_links: whether sub-folders that are links are read.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        format: of Keras; accepted, without a meaning here.
        verbose: whether the number of files is printed.

    Returns:
        An ``ImageDataset``: an iterable of (images, labels), or of images if there are no labels.
        Images are float32 from 0 to 255 (uint8 with ``"nearest"``, which makes no new colours).

    Raises:
        ValueError: an argument out of range, or no image in the folder.
        ImportError: Pillow is not installed.
    """
    pillow("image_dataset_from_directory")
    check_labels(labels, label_mode, class_names)
    if color_mode not in MODES:
        raise ValueError(f"`color_mode` must be one of {tuple(MODES)}. Received: color_mode={color_mode!r}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1, or None. Received: batch_size={batch_size}")
    if labels is None or label_mode is None:
        labels = label_mode = None
    check_split(validation_split, subset, shuffle, seed)
    seed = int(np.random.randint(1_000_000)) if seed is None else seed  # noqa: NPY002  Keras's choice
    paths, labels, names = index_directory(
        directory, labels, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(names) != 2:
        raise ValueError(
            'When passing `label_mode="binary"`, there must be exactly 2 class_names. '
            f"Received: class_names={names}"
        )
    size = standardize_tuple(image_size, 2, "image_size")
    resize = Resize(size, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    options = (label_mode, names, color_mode, batch_size, resize, standardize_data_format(data_format))
    parts = ["training", "validation"] if subset == "both" else [subset]
    datasets = []
    for part in parts:
        chosen = part_of(paths, validation_split, part, verbose)
        if not len(chosen):
            raise ValueError(
                f"No {part + ' ' if part else ''}images found in directory {directory}. "
                f"Allowed formats: {FORMATS}"
            )
        chosen_labels = None if labels is None else part_of(labels, validation_split, part, False)
        order_seed = seed if shuffle and not (subset == "both" and part == "validation") else None
        datasets.append(ImageDataset(chosen, chosen_labels, *options, order_seed))
    return datasets if subset == "both" else datasets[0]


class ImageDataset(Batches):
    """Batches of images that are read when they are needed; every iteration is an epoch.

    Attributes:
        file_paths: of the images, in the order in which they were found.
        class_names: the class of label 0, 1, …
    """

    def __init__(
        self,
        file_paths: list[str],
        labels: np.ndarray | None,
        label_mode: str | None,
        class_names: list[str] | None,
        color_mode: str,
        batch_size: int | None,
        resize: Resize,
        data_format: str,
        seed: int | None,
    ):
        self.file_paths = file_paths
        self.class_names = class_names
        self.color_mode = color_mode
        self.batch_size = batch_size
        self.data_format = data_format
        self._labels = None if labels is None else encoded(labels, label_mode, len(class_names))
        self._resize = resize
        self._generator = None if seed is None else make_generator(seed)

    def cardinality(self) -> int:
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __iter__(self) -> Iterator[Any]:
        number = len(self.file_paths)
        order = np.arange(number) if self._generator is None else self._generator.permutation(number)
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as readers:
            for start in range(0, number, self.batch_size or 1):
                places = order[start : start + (self.batch_size or 1)]
                pictures = readers.map(self._read, [self.file_paths[place] for place in places])
                images = np.stack([self._resize(picture) for picture in pictures])
                if self.data_format == "channels_first":
                    images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
                if self.batch_size is None:
                    images, places = images[0], places[0]
                yield images if self._labels is None else (images, self._labels[places])

    def _read(self, path: str) -> np.ndarray:
        return read_pixels(path, self.color_mode)


def encoded(labels: np.ndarray, label_mode: str, classes: int) -> np.ndarray:
    """Return labels in the form that the loss wants.

    Raises:
        ValueError: one-hot rows are wanted of labels that are not 0 … classes − 1.
    """
    if label_mode == "categorical":
        if labels.dtype.kind == "f" or not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(
                f'With `label_mode="categorical"`, {classes} labels must be the integers from 0 to '
                f"{classes - 1}. Received: labels {np.unique(labels).tolist()}"
            )
        return np.eye(classes, dtype=np.float32)[labels.astype(np.int32)]
    if label_mode == "binary":
        return labels.astype(np.float32)[:, np.newaxis]
    return labels.astype(np.float32 if labels.dtype.kind == "f" else np.int32)
