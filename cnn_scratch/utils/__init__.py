"""Small tools that Keras users look for: seeds, one-hot labels, images, folders of images, a fresh start."""

from cnn_scratch.absent import absent
from cnn_scratch.naming import reset_names as clear_session
from cnn_scratch.random import set_random_seed
from cnn_scratch.utils.image_dataset import image_dataset_from_directory
from cnn_scratch.utils.images import array_to_img, img_to_array, load_img, save_img
from cnn_scratch.utils.labels import normalize, to_categorical
from cnn_scratch.utils.py_dataset import PyDataset

Sequence = PyDataset  # its name in older versions of Keras

__all__ = [
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "normalize",
    "save_img",
    "set_random_seed",
    "to_categorical",
]

__getattr__ = absent(__name__, __all__, {"plot_model": "Use `model.summary()`."})
