"""MNIST: 70,000 handwritten digits of 28×28 pixels (Y. LeCun, C. Cortes, C. J. C. Burges).

http://yann.lecun.com/exdb/mnist/; Keras gives its licence as CC BY-SA 3.0. The sums are those of TensorFlow
Datasets.
"""

import os
from pathlib import Path

from cnn_scratch.datasets.download import Progress, RemoteFile
from cnn_scratch.datasets.idx_set import IdxSet

CLASS_NAMES = tuple("0123456789")
VALUE_RANGE = (0, 255)
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
MNIST = IdxSet(
    name="mnist",
    files=tuple(
        RemoteFile(name, sum_, tuple(url + name for url in MIRRORS)) for name, sum_ in SHA256.items()
    ),
    subfolders=("mnist", "MNIST", "MNIST/raw"),
)


def load_data(path=None, data_dir=None, progress: Progress | None = None):
    """Load MNIST.

    Without an argument, the files are downloaded the first time and kept in the cache folder.

    Args:
        path: a ``.npz`` file in Keras's layout to read instead.
        data_dir: a folder to read instead, with the four IDX files (gzipped or not) or
            ``mnist.npz``, in it or in its sub-folder ``mnist``.
        progress: called as ``progress(file_name, bytes_done, bytes_in_all)`` in a download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (60000, 28, 28) and
        (10000, 28, 28) with values from 0 to 255, labels (60000,) and (10000,).

    Raises:
        DatasetError: if a file is missing, damaged, or not what its name says, or could not be
            downloaded.
    """
    if path is not None:
        return MNIST.load_npz(Path(os.path.expanduser(path)))
    return load_with_source(data_dir, progress)[0]


def load_with_source(data_dir=None, progress: Progress | None = None):
    """Return what `load_data` returns, and a phrase that says what was read."""
    return MNIST.load(data_dir, progress)
