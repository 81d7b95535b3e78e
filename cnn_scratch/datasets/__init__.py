"""Data sets: five well-known ones by name, a person's own from a folder or a ``.npz`` file.

``digits`` comes with the package; the others are downloaded once. ``mnist.load_data()`` and its like are
Keras's; `load` returns any of them as a checked `Dataset`.
"""

from cnn_scratch.absent import absent
from cnn_scratch.datasets import cifar10, cifar100, digits, fashion_mnist, mnist
from cnn_scratch.datasets.dataset import Dataset
from cnn_scratch.datasets.errors import DatasetError
from cnn_scratch.datasets.images import load_image, parse_image_size
from cnn_scratch.datasets.loading import load
from cnn_scratch.datasets.split import stratified_split

__all__ = [
    "Dataset",
    "DatasetError",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "load",
    "load_image",
    "mnist",
    "parse_image_size",
    "stratified_split",
]

__getattr__ = absent(__name__, __all__)
