"""IDX, the file format of MNIST: a header of big-endian numbers, then the values as bytes.

    bytes 0-1   zero
    byte  2     type of the values; 8 = unsigned byte
    byte  3     number of dimensions d
    4·d bytes   the dimensions, unsigned 32-bit, most significant byte first
    the rest    the values, row by row

The first four bytes, read as one number, are the "magic number": 2051 for images, 2049 for labels.
Described at http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from cnn_scratch.datasets.errors import DatasetError

IMAGES_MAGIC = 2051  # unsigned bytes, 3 dimensions
LABELS_MAGIC = 2049  # unsigned bytes, 1 dimension
MAX_BYTES = 2**30  # a header that claims more than 1 GiB is taken for damage
GZIP_START = b"\x1f\x8b"


def read_images(path: Path) -> np.ndarray:
    """Read an IDX file of images, gzipped or not.

    Returns:
        The images (N, H, W), uint8.

    Raises:
        DatasetError: if the file is missing, damaged, truncated, or not a file of images.
    """
    return _read_idx(Path(path), IMAGES_MAGIC, "images")


def read_labels(path: Path) -> np.ndarray:
    """Read an IDX file of labels, gzipped or not.

    Returns:
        The labels (N,), uint8.

    Raises:
        DatasetError: if the file is missing, damaged, truncated, or not a file of labels.
    """
    return _read_idx(Path(path), LABELS_MAGIC, "labels")


def _read_idx(path: Path, magic: int, what: str) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            # The content decides, not the name: some browsers unpack a .gz and keep its name.
            gzipped = file.read(2) == GZIP_START
            file.seek(0)
            if not gzipped:
                return _parse(file, path, magic, what)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _parse(unpacked, path, magic, what)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            f"Expected a whole gzip file. Received: {path}, which is damaged or cut off ({error}). "
            f"Fetch it again."
        ) from error
    except OSError as error:
        raise DatasetError(f"Could not read {path}: {error.strerror or error}.") from error


def _parse(file, path: Path, magic: int, what: str) -> np.ndarray:
    ndim = magic % 256
    header = file.read(4 + 4 * ndim)
    if len(header) < 4 + 4 * ndim:
        raise DatasetError(
            f"Expected an IDX file of {what}. Received: {path}, which ends within its header "
            f"({len(header)} bytes of {4 + 4 * ndim}). Fetch it again."
        )
    received_magic, *shape = struct.unpack(f">{1 + ndim}I", header)
    if received_magic != magic:
        other = {IMAGES_MAGIC: ", an IDX file of images", LABELS_MAGIC: ", an IDX file of labels"}
        raise DatasetError(
            f"Expected an IDX file of {what} (magic number {magic}). Received: {path} with magic number "
            f"{received_magic}{other.get(received_magic, '')}. Is it another file under this name?"
        )
    size = math.prod(shape)
    if size > MAX_BYTES:
        raise DatasetError(
            f"Expected an IDX file of at most {MAX_BYTES:,} bytes. Received: {path}, whose header says "
            f"{' x '.join(map(str, shape))} = {size:,}. The header is damaged: fetch the file again."
        )
    data = file.read(size + 1)  # one more than there should be, to notice what is too long
    if len(data) != size:
        received = f"only {len(data):,}" if len(data) < size else "more than that"
        raise DatasetError(
            f"Expected {size:,} bytes of {what} ({' x '.join(map(str, shape))}) after the header. Received: "
            f"{received} in {path}. The file is damaged: fetch it again."
        )
    return np.frombuffer(data, dtype=np.uint8).reshape(shape).copy()  # a copy can be written to
