"""Models in files: writing them, and reading them from anybody.

The reader trusts nothing. Classes come from a closed table, settings are compared with a schema,
arrays are compared with what the settings declare before any memory is taken, and the formats
(ZIP, JSON, HDF5) are read by code that knows the needed part of each and refuses the rest.
``docs/model-files.md`` tells which attack is met where.
"""

from cnn_scratch.models.saving.api import (
    deserialize_keras_object,
    load_model,
    load_weights,
    model_from_json,
    model_to_json,
    save_model,
    save_weights,
    serialize_keras_object,
)
from cnn_scratch.models.saving.compilation import serialize_compilation
from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.metadata import ModelMetadata, Preparation
from cnn_scratch.models.saving.self_test import SelfTestWarning

__all__ = [
    "ModelFileError",
    "ModelMetadata",
    "Preparation",
    "SelfTestWarning",
    "deserialize_keras_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "model_to_json",
    "save_model",
    "save_weights",
    "serialize_compilation",
    "serialize_keras_object",
]
