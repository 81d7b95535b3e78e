"""The image files of a folder, their labels, and the split into training and validation, as in Keras.

With the same seed the same files are in the validation as there, in the same order.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
LABEL_MODES = ("int", "categorical", "binary", None)


def index_directory(
    directory,
    labels,
    class_names: Sequence[str] | None,
    shuffle: bool,
    seed: int,
    follow_links: bool = False,
    verbose: bool = True,
) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """Return the paths of all images, their labels and the names of the classes.

    Args:
        directory: the folder.
        labels: ``"inferred"``, a list of integers, or ``None``.
        class_names: of the sub-folders; all of them, sorted, if not given.
        shuffle: whether paths and labels are in a random order, drawn as Keras draws it.
        seed: of that order.
        follow_links: whether links to folders are followed.
        verbose: whether the number of files is printed.

    Raises:
        ValueError: a class without a folder, or another number of labels than of files.
        NotADirectoryError: no such folder.
    """
    directory = os.fspath(directory)
    if not os.path.isdir(directory):
        raise NotADirectoryError(f"Expected a folder of images. Received: directory={directory!r}")
    if isinstance(labels, str):
        folders = sorted(
            entry.name for entry in os.scandir(directory) if entry.is_dir() and not entry.name.startswith(".")
        )
        if class_names is not None and not set(class_names) <= set(folders):
            raise ValueError(
                "The `class_names` passed did not match the names of the subdirectories of the "
                f"target directory. Expected: {folders} (or a subset of it). "
                f"Received: class_names={list(class_names)}"
            )
        names = folders if class_names is None else list(class_names)
        found = [image_files(os.path.join(directory, name), follow_links) for name in names]
        paths = [path for files in found for path in files]
        numbers = np.repeat(np.arange(len(names), dtype=np.int32), [len(files) for files in found])
    else:
        paths = image_files(directory, follow_links)
        numbers = None if labels is None else as_numbers(labels)
        names = None if labels is None else [str(label) for label in sorted(set(labels))]
        if numbers is not None and len(numbers) != len(paths):
            raise ValueError(
                "Expected the lengths of `labels` to match the number of files in the target directory, "
                f"{len(paths)} in {directory}. Received: {len(numbers)} labels"
            )
    if verbose:
        classes = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    if shuffle:
        for array in (paths, numbers):
            if array is not None:
                np.random.RandomState(seed).shuffle(array)
    return paths, numbers, names


def image_files(folder: str, follow_links: bool = False) -> list[str]:
    """Return the paths of all images below a folder: folder by folder, sorted in each."""
    walk = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    return [
        str(Path(root, name))
        for root, _, files in walk
        for name in sorted(files)
        if name.lower().endswith(FORMATS)
    ]


def as_numbers(labels: Sequence) -> np.ndarray:
    """Return a list of numbers as an array, or raise a ``ValueError``."""
    numbers = np.array(labels)
    if numbers.ndim != 1 or numbers.dtype.kind not in "biuf":
        raise ValueError(f"Expected `labels` to be a list of integers. Received: labels={labels}")
    return numbers


def check_labels(labels, label_mode: str | None, class_names: Sequence[str] | None) -> None:
    """Raise a ``ValueError`` unless the arguments about labels fit together."""
    inferred = isinstance(labels, str) and labels == "inferred"
    if not inferred and labels is not None and not isinstance(labels, list | tuple):
        raise ValueError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the number of "
            f'image files in the target directory, or "inferred", or None. Received: labels={labels!r}'
        )
    if label_mode not in LABEL_MODES:
        raise ValueError(f"`label_mode` must be one of {LABEL_MODES}. Received: label_mode={label_mode!r}")
    if class_names is not None and (not inferred or label_mode is None):
        raise ValueError(
            'You can only pass `class_names` if `labels="inferred"` and there is a `label_mode`. Received: '
            f"labels={labels}, label_mode={label_mode!r} and class_names={class_names}"
        )


def check_split(validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    """Raise a ``ValueError`` unless the arguments of a split fit together."""
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1. Received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ValueError(
            "If `subset` is set, `validation_split` must be set, and inversely. Received: "
            f"subset={subset!r}, validation_split={validation_split}"
        )
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be "training", "validation" or "both". Received: {subset!r}')
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make "
            "sure that there is no overlap between the training and validation subset. Received: seed=None"
        )


def part_of(values, validation_split: float | None, part: str | None, verbose: bool):
    """Return the values of the training or of the validation: the last ones are the validation's."""
    if not validation_split:
        return values
    held_out = int(validation_split * len(values))
    if verbose:
        number = held_out if part == "validation" else len(values) - held_out
        print(f"Using {number} files for {part}.")
    at = len(values) - held_out
    return values[at:] if part == "validation" else values[:at]
