"""The binary versions of CIFAR-10 and CIFAR-100: files of records, in a folder or in an archive.

https://www.cs.toronto.edu/~kriz/cifar.html. A record is one byte for each label and 3 · 1024 bytes with the
red, the green and the blue plane. The other version is a Python pickle, which can run any program when it
is opened, and is refused.
"""

import os
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_scratch.datasets.download import Progress, RemoteFile, fetch
from cnn_scratch.datasets.errors import DatasetError

PIXELS = 3 * 32 * 32  # bytes
MAX_MEMBERS = 100  # an archive has eight at most; one with thousands is something else


@dataclass(frozen=True)
class CifarSet:
    """One of the two sets.

    Attributes:
        title: for people.
        name: of its sub-folder, here and in the cache.
        archive: of the binary version.
        folder: in the archive.
        train_files, test_file: in the folder.
        pictures: the number in the longest of the files.
        labels: how many classes each label of a record has.
        pickled: what the version that is refused is called, as an archive and unpacked.
    """

    title: str
    name: str
    archive: RemoteFile
    folder: str
    train_files: tuple[str, ...]
    test_file: str
    pictures: int
    labels: tuple[int, ...]
    pickled: tuple[str, ...]

    @property
    def record(self) -> int:
        """The bytes of a record."""
        return len(self.labels) + PIXELS

    @property
    def files(self) -> tuple[str, ...]:
        """The files in the folder."""
        return *self.train_files, self.test_file


def read(cifar: CifarSet, data_dir=None, progress: Progress | None = None):
    """Return ``(x_train, labels_train), (x_test, labels_test)`` and a phrase that says what was read.

    Labels are (N, L), one column for each label of a record.

    Args:
        cifar: which set.
        data_dir: a folder to read instead of downloading.
        progress: see `fetch`.

    Raises:
        DatasetError: a file is missing, damaged, or not what its name says, or could not be downloaded.
    """
    if data_dir is None:
        place = fetch(cifar.archive, cifar.name, progress)
    else:
        place = _find(cifar, Path(os.path.expanduser(data_dir)))
    contents = _read_archive(cifar, place) if place.is_file() else _read_folder(cifar, place)
    batches = [_parse(cifar, contents[name], place / name) for name in cifar.train_files]
    x_train = np.concatenate([images for images, _ in batches])
    y_train = np.concatenate([labels for _, labels in batches])
    test = _parse(cifar, contents[cifar.test_file], place / cifar.test_file)
    return ((x_train, y_train), test), str(place)


def _find(cifar: CifarSet, data_dir: Path) -> Path:
    """Return the folder of the files, or the path of the archive, in a folder."""
    if not data_dir.is_dir():
        what = "a file" if data_dir.exists() else "no such folder"
        raise DatasetError(f"Expected a folder as data_dir. Received: {data_dir} ({what}).")
    for folder in (data_dir / cifar.name, data_dir):
        for place in (folder / cifar.folder, folder):
            if any((place / name).is_file() for name in cifar.files):
                return place
        if (folder / cifar.archive.name).is_file():
            return folder / cifar.archive.name
    pickled = [name for name in cifar.pickled if (data_dir / name).exists()]
    received = f"{pickled[0]}, the pickled version, which is not safe to open" if pickled else "neither"
    raise DatasetError(
        f"Expected the binary version of {cifar.title}, {cifar.archive.name} or the folder {cifar.folder}, "
        f"in {data_dir} or its sub-folder {cifar.name}. Received: {received}. Fetch {cifar.archive.urls[0]}."
    )


def _read_folder(cifar: CifarSet, folder: Path) -> dict[str, bytes]:
    contents = {}
    for name in cifar.files:
        path = folder / name
        try:
            size = path.stat().st_size
            if size > cifar.pictures * cifar.record:
                raise DatasetError(_too_long(cifar, path, size))
            contents[name] = path.read_bytes()
        except OSError as error:
            raise DatasetError(
                f"Expected the files of {cifar.title}'s binary version in {folder}. Could not read {name}: "
                f"{error.strerror or error}."
            ) from error
    return contents


def _read_archive(cifar: CifarSet, path: Path) -> dict[str, bytes]:
    """Read the files out of the archive; nothing is unpacked onto the disk."""
    contents = {}
    wanted = {f"{cifar.folder}/{name}": name for name in cifar.files}
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS or len(contents) == len(wanted):
                    break
                if member.size > cifar.pictures * cifar.record:
                    raise DatasetError(_too_long(cifar, f"{member.name} in {path}", member.size))
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
            f"Expected {cifar.title}'s binary version. Received: {path} without {', '.join(missing)}. "
            f"Fetch {cifar.archive.urls[0]}."
        )
    return contents


def _too_long(cifar: CifarSet, what, size: int) -> str:
    return (
        f"Expected a file of {cifar.title} to have at most {cifar.pictures * cifar.record:,} bytes "
        f"({cifar.pictures:,} records of {cifar.record}). "
        f"Received: {what} with {size:,}. Is it another file under this name?"
    )


def _parse(cifar: CifarSet, data: bytes, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, 32, 32, 3) and labels (N, L) of one file."""
    if len(data) == 0 or len(data) % cifar.record:
        raise DatasetError(
            f"Expected whole records of {cifar.record} bytes: labels, and 32x32x3 values. "
            f"Received: {len(data):,} bytes in {path}, {len(data) % cifar.record} too many. "
            f"The file is cut off or another one: fetch it again."
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, cifar.record)
    labels = records[:, : len(cifar.labels)].copy()  # (N, L)
    for column, classes in zip(labels.T, cifar.labels, strict=True):
        if column.max() >= classes:
            raise DatasetError(
                f"Expected labels from 0 to {classes - 1}. Received: {column.max()} in record "
                f"{column.argmax()} of {path}. Is it another file under this name (the other CIFAR)?"
            )
    planes = records[:, len(cifar.labels) :].reshape(-1, 3, 32, 32)  # (N, C, H, W)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
