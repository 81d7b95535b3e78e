"""CIFAR-100: 60,000 colour pictures of 32×32 pixels in 100 classes, of 20 groups (A. Krizhevsky, 2009).

The *binary* version is read, see ``cifar.py``. The sum of the archive is that of TensorFlow Datasets.
"""

from cnn_scratch.datasets.cifar import CifarSet, read
from cnn_scratch.datasets.download import Progress, RemoteFile

CIFAR100 = CifarSet(
    title="CIFAR-100",
    name="cifar100",
    archive=RemoteFile(
        "cifar-100-binary.tar.gz",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",),
    ),
    folder="cifar-100-binary",
    train_files=("train.bin",),
    test_file="test.bin",
    pictures=50_000,
    labels=(20, 100),
    pickled=("cifar-100-python.tar.gz", "cifar-100-python"),
)
LABEL_MODES = ("coarse", "fine")  # the order of the labels in a record


def load_data(label_mode: str = "fine", data_dir=None, progress: Progress | None = None):
    """Load CIFAR-100.

    Without a folder, the archive is downloaded the first time and kept in the cache folder.

    Args:
        label_mode: ``"fine"`` for the hundred classes, ``"coarse"`` for the twenty groups of five.
        data_dir: a folder to read instead, with ``cifar-100-binary.tar.gz``, the folder
            ``cifar-100-binary`` or the two files of it, in it or in its sub-folder ``cifar100``.
        progress: called as ``progress(file_name, bytes_done, bytes_in_all)`` in a download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (50000, 32, 32, 3) and
        (10000, 32, 32, 3) with values from 0 to 255, labels (50000, 1) and (10000, 1). (Keras's
        labels are int64.)

    Raises:
        ValueError: another ``label_mode``.
        DatasetError: if a file is missing, damaged, or not what its name says, or could not be
            downloaded.
    """
    if label_mode not in LABEL_MODES:
        raise ValueError(
            f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.'
        )
    column = LABEL_MODES.index(label_mode)
    (train, test), _ = read(CIFAR100, data_dir, progress)
    return tuple((images, labels[:, column : column + 1].copy()) for images, labels in (train, test))
