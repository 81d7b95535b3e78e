"""Models: layers put together, and the training loop."""

from cnn_scratch.absent import absent
from cnn_scratch.models.cloning import clone_model
from cnn_scratch.models.functional import Functional
from cnn_scratch.models.model import Model
from cnn_scratch.models.saving import load_model, model_from_json, save_model
from cnn_scratch.models.sequential import Sequential

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

__getattr__ = absent(__name__, __all__, {"model_from_config": "Use model_from_json."})
