"""Saving and loading models, under the names of ``keras.saving``.

Example:
    model.save("model.keras")
    model = saving.load_model("model.keras")
"""

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
