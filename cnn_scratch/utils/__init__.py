"""Small tools that Keras users look for: seeds, one-hot labels, images, folders of images, a fresh start."""

from cnn_scratch.naming import reset_names as clear_session
from cnn_scratch.random import set_random_seed
from cnn_scratch.utils.labels import normalize, to_categorical
from cnn_scratch.utils.py_dataset import PyDataset

Sequence = PyDataset  # its name in older versions of Keras

__all__ = [
    "PyDataset",
    "Sequence",
    "clear_session",
    "normalize",
    "set_random_seed",
    "to_categorical",
]
