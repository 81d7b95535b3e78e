"""Small tools that Keras users look for: seeds, one-hot labels, images, folders of images, a fresh start."""

from cnn_scratch.absent import absent
from cnn_scratch.naming import reset_names as clear_session
from cnn_scratch.random import set_random_seed
from cnn_scratch.registration import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from cnn_scratch.utils.image_dataset import image_dataset_from_directory
from cnn_scratch.utils.images import array_to_img, img_to_array, load_img, save_img
from cnn_scratch.utils.labels import normalize, to_categorical
from cnn_scratch.utils.py_dataset import PyDataset

Sequence = PyDataset  # its name in older versions of Keras

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "normalize",
    "register_keras_serializable",
    "save_img",
    "set_random_seed",
    "to_categorical",
]

_SUMMARY = "Use `model.summary(expand_nested=True)`."
INSTEAD = {
    "plot_model": _SUMMARY,
    "model_to_dot": _SUMMARY,
    "serialize_keras_object": "It is in cnn_scratch.saving.",
    "deserialize_keras_object": "It is in cnn_scratch.saving.",
    "split_dataset": "Cut the arrays: x[:800], x[800:]; or use `fit(validation_split=0.2)`.",
    "get_file": "Use Python's urllib.request.urlretrieve.",
    "Progbar": "Use `fit(verbose=1)`, which shows one.",
    "is_keras_tensor": "Use isinstance(x, cnn_scratch.symbolic.SymbolicTensor).",
}

__getattr__ = absent(__name__, __all__, INSTEAD)
