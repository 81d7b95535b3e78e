"""Fashion-MNIST: 70,000 pictures of clothes, 28×28 pixels (H. Xiao, K. Rasul, R. Vollgraf, Zalando, 2017).

https://github.com/zalandoresearch/fashion-mnist, MIT licence. The sums are those of TensorFlow Datasets.
"""

from cnn_scratch.datasets.download import Progress, RemoteFile
from cnn_scratch.datasets.idx_set import IdxSet

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
VALUE_RANGE = (0, 255)
MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
FASHION_MNIST = IdxSet(
    name="fashion_mnist",
    files=tuple(
        RemoteFile(name, sum_, tuple(url + name for url in MIRRORS)) for name, sum_ in SHA256.items()
    ),
    subfolders=("fashion_mnist", "fashion-mnist", "FashionMNIST/raw"),
)


def load_data(data_dir=None, progress: Progress | None = None):
    """Load Fashion-MNIST.

    Without an argument, the files are downloaded the first time and kept in the cache folder.

    Args:
        data_dir: a folder to read instead, with the four IDX files (gzipped or not) or
            ``fashion_mnist.npz``, in it or in its sub-folder ``fashion_mnist``.
        progress: called as ``progress(file_name, bytes_done, bytes_in_all)`` in a download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (60000, 28, 28) and
        (10000, 28, 28) with values from 0 to 255, labels (60000,) and (10000,).

    Raises:
        DatasetError: if a file is missing, damaged, or not what its name says, or could not be
            downloaded.
    """
    return load_with_source(data_dir, progress)[0]


def load_with_source(data_dir=None, progress: Progress | None = None):
    """Return what `load_data` returns, and a phrase that says what was read."""
    return FASHION_MNIST.load(data_dir, progress)
