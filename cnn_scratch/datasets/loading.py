"""`load`: a data set by name, from a folder, or from a ``.npz`` file."""

import difflib
import os
from pathlib import Path

import numpy as np

from cnn_scratch.datasets import cifar10, cifar100, digits, fashion_mnist, images, mnist
from cnn_scratch.datasets.dataset import Dataset
from cnn_scratch.datasets.download import Progress
from cnn_scratch.datasets.errors import DatasetError
from cnn_scratch.datasets.folder import load_folder
from cnn_scratch.datasets.npz import load_npz

NAMED = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
}


def load(
    name_or_path,
    *,
    data_dir=None,
    image_size: tuple[int, int] | None = None,
    grayscale: bool = False,
    test_fraction: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Load a data set, ready for training.

    Args:
        name_or_path: ``"digits"``, ``"mnist"``, ``"fashion_mnist"``, ``"cifar10"`` or ``"cifar100"`` (its
            hundred classes); or a folder with one sub-folder of images per class; or a ``.npz`` file. A
            folder called ``digits`` is ``"./digits"``.
        data_dir: the folder to read a named set from, instead of the network.
        image_size: (H, W) to resize all images to.
        grayscale: whether to turn colour into gray.
        test_fraction: the share of each class held out when a folder or file has no test set.
        seed: of that choice.
        progress: called as ``progress(what, done, in_all)`` while files are downloaded (bytes) or
            read (images).

    Returns:
        A `Dataset`, checked.

    Raises:
        DatasetError: whatever is wrong, in one line that says what to do.
    """
    name = os.fspath(name_or_path)
    if image_size is not None:
        image_size = images.check_image_size(image_size)
    if name in NAMED and not (name == "digits" and data_dir is not None):
        return _load_named(name, data_dir, image_size, grayscale, progress)
    if data_dir is not None:
        with_dir = ", ".join(other for other in NAMED if other != "digits")
        raise DatasetError(
            f"Expected data_dir (--data-dir) with one of {with_dir}: it is where their files are. Received: "
            f"data_dir={os.fspath(data_dir)!r} with {name!r}. To train on a folder of your own, give it as "
            f"the data set."
        )
    path = Path(os.path.expanduser(name))
    if name and path.is_dir():  # Path("") is this folder
        return load_folder(path, image_size, grayscale, test_fraction, seed, progress)
    if path.is_file() and path.suffix.lower() == ".npz":
        return load_npz(path, image_size, grayscale, test_fraction, seed)
    raise _unknown(name, path)


def _load_named(name: str, data_dir, image_size, grayscale: bool, progress: Progress | None) -> Dataset:
    module = NAMED[name]
    ((x_train, y_train), (x_test, y_test)), source = module.load_with_source(data_dir, progress)
    return Dataset(
        name=name,
        source=source,
        x_train=_with_channels(x_train, image_size, grayscale),
        y_train=y_train.reshape(-1).astype(np.int64),
        x_test=_with_channels(x_test, image_size, grayscale),
        y_test=y_test.reshape(-1).astype(np.int64),
        class_names=module.CLASS_NAMES,
        value_range=module.VALUE_RANGE,
    )


def _with_channels(pixels: np.ndarray, image_size, grayscale: bool) -> np.ndarray:
    """Return images (N, H, W) or (N, H, W, C) as (N, H, W, C), resized and gray if that is wanted."""
    if pixels.ndim == 3:
        pixels = pixels[:, :, :, np.newaxis]
    return images.prepare(pixels, image_size, grayscale)


def _unknown(name: str, path: Path) -> DatasetError:
    """Say what was expected and what there is under that name, and suggest the nearest."""
    expected = (
        f"Expected {', '.join(NAMED)}, a folder with one sub-folder of images per class, or a .npz file."
    )
    if path.suffix.lower() in (".zip", ".gz", ".tgz", ".tar"):
        hint = "an archive: unpack it and give the folder" if path.is_file() else "no such file"
        return DatasetError(f"{expected} Received: {name!r} ({hint}).")
    if path.is_file():
        return DatasetError(f"{expected} Received: {name!r} (a file of another kind).")
    near = difflib.get_close_matches(name.lower().replace("-", "_"), NAMED, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return DatasetError(f"{expected} Received: {name!r} (no such name, folder or file).{hint}")
