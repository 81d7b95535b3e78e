"""The images of a run: loading them, and setting a part aside for validation."""

from dataclasses import dataclass

import numpy as np

from cnn_scratch import datasets
from cnn_scratch.command.arguments import Options
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.screen import Screen, printable
from cnn_scratch.datasets import Dataset


def load_dataset(options: Options, screen: Screen) -> Dataset:
    """Load what ``--dataset`` names, and say what it is and where it comes from.

    The held-out images do not depend on ``--seed``, so that runs with several seeds are tested on
    the same ones.

    Raises:
        DatasetError: it is not there, damaged, or not what it should be.
    """
    try:
        dataset = datasets.load(
            options.dataset,
            data_dir=options.data_dir,
            image_size=options.image_size,
            grayscale=options.grayscale,
            progress=screen.loading,
        )
    finally:
        screen.end_loading()
    for line in (dataset.describe(), f"from: {dataset.source}", f"classes: {shorten(dataset.class_names)}"):
        screen.say(printable(line))
    return dataset


def shorten(names: tuple[str, ...], most: int = 12) -> str:
    """Return names in one line, the last ones counted if there are many.

    >>> shorten(("a", "b", "c", "d", "e"), most=3)
    'a, b, c and 2 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


@dataclass(frozen=True)
class Split:
    """The training images of a data set in two parts.

    Attributes:
        x, y: to learn from.
        validation: (x, y) to look at after every epoch, or ``None``.
    """

    x: np.ndarray
    y: np.ndarray
    validation: tuple[np.ndarray, np.ndarray] | None = None


def split_training_images(dataset: Dataset, share: float, seed: int) -> Split:
    """Set a share of the training images aside, the same share of every class.

    Raises:
        UsageError: a class has one image only.
    """
    x, y = dataset.x_train, dataset.y_train
    if share == 0:
        return Split(x, y)
    counts = np.bincount(y)
    if counts.min() < 2:
        raise UsageError(
            "Expected at least two training images of every class, one of them for validation. Received: "
            f"one image of class {dataset.class_names[counts.argmin()]}. Add images of it, or do without "
            "validation: --validation-split 0"
        )
    kept, aside = datasets.stratified_split(y, share, seed, dataset.class_names)
    # In the order of the data set: `fit` draws an order of its own.
    kept, aside = np.sort(kept), np.sort(aside)
    return Split(x[kept], y[kept], (x[aside], y[aside]))
