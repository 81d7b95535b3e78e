"""Optimizers: how the parameters change, given the gradients."""

from typing import Any

from cnn_scratch.absent import absent
from cnn_scratch.optimizers import schedules
from cnn_scratch.optimizers.adadelta import Adadelta
from cnn_scratch.optimizers.adafactor import Adafactor
from cnn_scratch.optimizers.adagrad import Adagrad
from cnn_scratch.optimizers.adam import Adam
from cnn_scratch.optimizers.adamax import Adamax
from cnn_scratch.optimizers.adamw import AdamW
from cnn_scratch.optimizers.ftrl import Ftrl
from cnn_scratch.optimizers.lamb import Lamb
from cnn_scratch.optimizers.lion import Lion
from cnn_scratch.optimizers.nadam import Nadam
from cnn_scratch.optimizers.optimizer import Optimizer
from cnn_scratch.optimizers.rmsprop import RMSprop
from cnn_scratch.optimizers.sgd import SGD
from cnn_scratch.serialization import deserialize_object, serialize_object

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

INSTEAD = {
    "legacy": "The optimizers themselves are Keras 3's: optimizers.Adam.",
    "LossScaleOptimizer": "float32 and float64 need no scaled loss: use the optimizer inside it.",
    "Muon": "Use AdamW.",
}

__getattr__ = absent(__name__, __all__, INSTEAD)

_CLASSES = (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, Nadam, Lion, Ftrl, Lamb, Adafactor)
_TABLE = {cls.__name__.lower(): cls for cls in _CLASSES}
NAMES = tuple(_TABLE)  # that `get` knows


def get(identifier: Any) -> Optimizer | None:
    """Return the optimizer for a name (in any case), a serialized node, a class or an ``Optimizer``.

    Raises:
        ValueError: the name is unknown, or the object is not an ``Optimizer``.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        identifier = identifier.lower()
    if isinstance(identifier, dict) and isinstance(identifier.get("class_name"), str):
        identifier = {**identifier, "class_name": identifier["class_name"].lower()}
    optimizer = deserialize_object(identifier, _TABLE, "optimizer")
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
    return optimizer


def serialize(optimizer: Optimizer | None) -> dict | None:
    """Return an optimizer as a Keras node."""
    return serialize_object("keras.optimizers", optimizer)


def deserialize(node: Any) -> Optimizer | None:
    """Return the optimizer that a Keras node describes."""
    return get(node)
