"""Saving and loading models, under the names of ``keras.saving``.

Example:
    model.save("model.keras")
    model = saving.load_model("model.keras")
"""

from cnn_scratch.absent import absent
from cnn_scratch.models.saving import (
    ModelFileError,
    ModelMetadata,
    Preparation,
    SelfTestWarning,
    deserialize_keras_object,
    load_model,
    load_weights,
    model_from_json,
    save_model,
    save_weights,
    serialize_keras_object,
)

__all__ = [
    "ModelFileError",
    "ModelMetadata",
    "Preparation",
    "SelfTestWarning",
    "deserialize_keras_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

_CLASSES = "Give classes of your own to `load_model(path, custom_objects={'Name': Name})`."
__getattr__ = absent(
    __name__,
    __all__,
    {
        "register_keras_serializable": _CLASSES,
        "get_custom_objects": _CLASSES,
        "custom_object_scope": _CLASSES,
        "CustomObjectScope": _CLASSES,
    },
)
