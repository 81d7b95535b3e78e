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
from cnn_scratch.registration import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

__all__ = [
    "CustomObjectScope",
    "ModelFileError",
    "ModelMetadata",
    "Preparation",
    "SelfTestWarning",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

__getattr__ = absent(__name__, __all__)
