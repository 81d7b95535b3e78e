"""Data sets in one ``.npz`` file, as NumPy's ``savez`` writes it and Keras lays it out.

Never a pickle: an array of Python objects, which could run a program when it is opened, is refused.
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from cnn_scratch.datasets import images
from cnn_scratch.datasets.dataset import Dataset, check_every_class, check_images, check_labels
from cnn_scratch.datasets.errors import DatasetError
from cnn_scratch.datasets.split import stratified_split

KERAS_NAMES = ("x_train", "y_train", "x_test", "y_test")
MAX_CLASSES = 10_000  # more than this, and the labels are not labels


def read_arrays(path: Path, required: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Read all arrays of a ``.npz`` file.

    Args:
        path: the file.
        required: names of arrays that must be there; only these are read then.

    Raises:
        DatasetError: if the file is missing, damaged, lacks an array, or holds Python objects.
    """
    try:
        # np.load takes a file that is not a ZIP for a single array or a pickle.
        if path.is_file() and not zipfile.is_zipfile(path):
            raise DatasetError(
                f"Expected a .npz file (a ZIP archive, as numpy.savez writes it). Received: {path}, which is "
                f"damaged, cut off, or another kind of file."
            )
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in required if name not in file.files]
            if missing:
                raise DatasetError(
                    f"Expected the arrays {', '.join(required)} in {path}. Received: "
                    f"{', '.join(file.files) or 'no arrays'}; {', '.join(missing)} missing."
                )
            arrays = {}
            for name in required or file.files:
                arrays[name] = _read_array(file, name, path)
            return arrays
    except MemoryError as error:
        raise DatasetError(f"Expected arrays that fit into memory. Received: {path}. ({error})") from error
    except FileNotFoundError as error:
        raise DatasetError(f"Expected a .npz file. Received: {path}, which does not exist.") from error
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"Could not read {path}: {error}. The file is damaged: fetch it again.") from error


def _read_array(file, name: str, path: Path) -> np.ndarray:
    try:
        array = file[name]
    except (ValueError, SyntaxError) as error:  # a header that is not one; an array of objects
        if "pickle" in str(error).lower():
            raise DatasetError(
                f"Expected plain arrays of numbers in {path}. Received: {name}, an array of Python objects "
                f"(pickled), which is not safe to open. Save it with a numeric dtype."
            ) from error
        raise DatasetError(
            f"Could not read the array {name} of {path}: {error}. The file is damaged."
        ) from error
    if not isinstance(array, np.ndarray):  # a member that is not an array comes back as bytes
        raise DatasetError(f"Expected only arrays in {path}. Received: {name}, which is not one.")
    return array


def load_npz(
    path,
    image_size: tuple[int, int] | None = None,
    grayscale: bool = False,
    test_fraction: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Load a data set from a ``.npz`` file.

    The file holds ``x_train`` and ``y_train``, and mostly ``x_test`` and ``y_test``; or ``x`` and
    ``y``. Without test arrays, a part is held out, class by class. Images are (N, H, W) or
    (N, H, W, C); labels (N,), (N, 1) or one-hot (N, classes). ``class_names``, an array of
    strings, may name the classes.

    Args:
        path: the file.
        image_size: (H, W) to resize to; as they are if None.
        grayscale: whether to turn colour into gray.
        test_fraction: the share to hold out when the file has no test arrays.
        seed: of that choice.

    Raises:
        DatasetError: if the file is damaged, or the arrays are not images and labels.
    """
    path = Path(os.path.expanduser(path))
    arrays = read_arrays(path)
    x_name, y_name = ("x_train", "y_train") if "x_train" in arrays else ("x", "y")
    if x_name not in arrays or y_name not in arrays or ("x_test" in arrays) != ("y_test" in arrays):
        raise DatasetError(
            f"Expected the arrays x_train, y_train (and x_test, y_test), or x and y, in {path}. Received: "
            f"{', '.join(arrays) or 'no arrays'}."
        )
    x_train = as_images(arrays[x_name], f"{x_name} of {path}")
    y_train = as_labels(arrays[y_name], f"{y_name} of {path}")
    class_names = _class_names(arrays.get("class_names"), y_train, path)
    check_images(x_train, y_train, f"{x_name} of {path}")
    check_labels(y_train, class_names, f"{y_name} of {path}")
    check_every_class(y_train, class_names, f"{y_name} of {path}")

    if "x_test" in arrays:
        x_test = as_images(arrays["x_test"], f"x_test of {path}")
        y_test = as_labels(arrays["y_test"], f"y_test of {path}")
        check_images(x_test, y_test, f"x_test of {path}")
        check_labels(y_test, class_names, f"y_test of {path}")
        source = str(path)
    else:
        train, test = stratified_split(y_train, test_fraction, seed, class_names)
        x_train, y_train, x_test, y_test = x_train[train], y_train[train], x_train[test], y_train[test]
        source = f"{path}; {test_fraction:.0%} of each class held out for the test"
    value_range = _value_range(x_train, x_name, path)
    x_train = images.prepare(x_train, image_size, grayscale)
    x_test = images.prepare(x_test, image_size, grayscale)
    return Dataset(path.stem, source, x_train, y_train, x_test, y_test, class_names, value_range)


def as_images(array: np.ndarray, where: str) -> np.ndarray:
    """Return images as (N, H, W, C), uint8 if they are bytes or whole numbers from 0 to 255, else float32.

    Raises:
        DatasetError: another number of axes, channels first, or values that are not finite numbers.
    """
    if array.ndim not in (3, 4):
        hint = ". Reshape flattened images to (N, H, W, C)" if array.ndim == 2 else ""
        raise DatasetError(
            f"Expected images of shape (N, H, W) or (N, H, W, C) as {where}. Received: shape "
            f"{array.shape}{hint}."
        )
    if array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] > 4:
        raise DatasetError(
            f"Expected images of shape (N, H, W, C), channels last, as {where}. Received: shape "
            f"{array.shape}, which looks like channels first. Transpose them: x.transpose(0, 2, 3, 1)."
        )
    if array.dtype.kind not in "biuf":
        raise DatasetError(f"Expected images made of numbers as {where}. Received: type {array.dtype}.")
    images_4d = array[..., np.newaxis] if array.ndim == 3 else array
    if array.dtype == bool:
        return images_4d.astype(np.uint8)
    if array.dtype.kind in "iu" and (array.size == 0 or (array.min() >= 0 and array.max() <= 255)):
        return images_4d.astype(np.uint8, copy=False)
    with np.errstate(over="ignore"):
        images_4d = images_4d.astype(np.float32, copy=False)
    if not np.isfinite(images_4d).all():
        raise DatasetError(
            f"Expected finite numbers as {where}. Received: NaN, infinity, or numbers beyond float32 "
            f"among them."
        )
    return images_4d


def as_labels(array: np.ndarray, where: str) -> np.ndarray:
    """Return labels as (N,) int64 from (N,), (N, 1) or one-hot (N, classes).

    Raises:
        DatasetError: another shape, or labels that are not whole numbers.
    """
    if array.dtype.kind not in "biuf":
        raise DatasetError(
            f"Expected labels that are whole numbers as {where}. Received: type {array.dtype}. Number the "
            f"classes from 0, and give their names as class_names."
        )
    if array.ndim == 2 and array.shape[1] > 1:
        ones = array == 1
        if not ((array == 0) | ones).all() or not (ones.sum(axis=1) == 1).all():
            raise DatasetError(
                f"Expected one-hot labels, a single 1 among zeros in each row, as {where}. Received: shape "
                f"{array.shape} with other rows."
            )
        return ones.argmax(axis=1).astype(np.int64)
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] else array.reshape(-1)
    if array.ndim != 1:
        raise DatasetError(
            f"Expected labels of shape (N,), (N, 1) or (N, classes) as {where}. Received: shape "
            f"{array.shape}."
        )
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise DatasetError(
            f"Expected labels that are whole numbers as {where}. Received: fractions among them."
        )
    return array.astype(np.int64)


def _class_names(names: np.ndarray | None, labels: np.ndarray, path: Path) -> tuple[str, ...]:
    """Return the names given, or "0", "1", … up to the largest label."""
    if names is None:
        largest = int(labels.max()) if len(labels) else 0
        if largest >= MAX_CLASSES:
            raise DatasetError(
                f"Expected labels below {MAX_CLASSES:,} in {path}. Received: {largest:,}. Number the classes "
                f"from 0 without gaps."
            )
        return tuple(str(label) for label in range(largest + 1))
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise DatasetError(
            f"Expected class_names as a one-dimensional array of strings in {path}. Received: shape "
            f"{names.shape}, type {names.dtype}."
        )
    as_text = tuple(
        name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names.tolist()
    )
    if len(set(as_text)) != len(as_text):
        raise DatasetError(
            f"Expected class_names without repetition in {path}. Received: {', '.join(as_text)}."
        )
    return as_text


def _value_range(x_train: np.ndarray, name: str, path: Path) -> tuple[float, float]:
    """Return the smallest and the largest value of the training images, 0 included."""
    low, high = min(0.0, float(x_train.min())), float(x_train.max())
    if high <= 0:
        raise DatasetError(
            f"Expected images with values above 0 as {name} of {path}. Received: values from {low:g} "
            f"to {high:g}."
        )
    return low, high
