"""Losses: how far predictions are from labels, as one number with a gradient."""

from typing import Any

from cnn_scratch.absent import absent
from cnn_scratch.losses.binary import BinaryCrossentropy, binary_crossentropy
from cnn_scratch.losses.categorical import CategoricalCrossentropy, categorical_crossentropy
from cnn_scratch.losses.loss import Crossentropy, Loss
from cnn_scratch.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)
from cnn_scratch.losses.sparse_categorical import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)
from cnn_scratch.serialization import class_table, deserialize_object, serialize_object

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Crossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

__getattr__ = absent(__name__, __all__)

_TABLE = class_table(
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    aliases={
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
    },
)

_CLASS_OF_FUNCTION = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss | None:
    """Return the loss for a name, a serialized node, a class, one of this module's functions, or a ``Loss``.

    A name always gives an object; Keras gives the function for a snake-case name.

    Raises:
        ValueError: the name is unknown, or the object is not a ``Loss`` (a plain function has no
            gradient).
    """
    if identifier is None:
        return None
    if callable(identifier) and identifier in _CLASS_OF_FUNCTION:
        identifier = _CLASS_OF_FUNCTION[identifier]
    loss = deserialize_object(identifier, _TABLE, "loss")
    if not isinstance(loss, Loss):
        raise ValueError(
            f"Could not interpret loss identifier: {identifier}. Expected a name, or a `Loss` object: "
            "a plain function has no gradient."
        )
    return loss


def serialize(loss: Loss | None) -> dict | None:
    """Return a loss as a Keras node."""
    return serialize_object("keras.losses", loss)


def deserialize(node: Any) -> Loss | None:
    """Return the loss that a Keras node describes."""
    return get(node)
