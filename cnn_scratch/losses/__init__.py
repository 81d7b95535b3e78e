"""Losses: how far predictions are from labels, as one number with a gradient."""

from collections.abc import Sequence
from typing import Any

from cnn_scratch.absent import absent
from cnn_scratch.losses.binary import BinaryCrossentropy, binary_crossentropy
from cnn_scratch.losses.categorical import CategoricalCrossentropy, categorical_crossentropy
from cnn_scratch.losses.divergence import KLDivergence, Poisson, kl_divergence, poisson
from cnn_scratch.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from cnn_scratch.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from cnn_scratch.losses.loss import TWO_METHODS, Crossentropy, Loss
from cnn_scratch.losses.overlap import Dice, Tversky, dice, tversky
from cnn_scratch.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)
from cnn_scratch.losses.relative import (
    CosineSimilarity,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    mean_absolute_percentage_error,
    mean_squared_logarithmic_error,
)
from cnn_scratch.losses.robust import Huber, LogCosh, huber, log_cosh
from cnn_scratch.losses.sparse_categorical import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)
from cnn_scratch.serialization import class_table, deserialize_object, serialize_object

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Crossentropy",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

OWN = "Write a subclass of `losses.Loss`, as in losses/overlap.py."
INSTEAD = {
    "CTC": f"It is for sequences, which this package does not train. {OWN}",
    "ctc": f"It is for sequences, which this package does not train. {OWN}",
    "Circle": OWN,
    "circle": OWN,
    "CategoricalGeneralizedCrossEntropy": OWN,
    "categorical_generalized_cross_entropy": OWN,
}

__getattr__ = absent(__name__, __all__, INSTEAD)

_CLASS_OF_FUNCTION = {
    binary_crossentropy: BinaryCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_hinge: CategoricalHinge,
    cosine_similarity: CosineSimilarity,
    dice: Dice,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    squared_hinge: SquaredHinge,
    tversky: Tversky,
}

_TABLE = class_table(
    *_CLASS_OF_FUNCTION.values(),
    aliases={
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "kld": KLDivergence,
        "KLD": KLDivergence,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mape": MeanAbsolutePercentageError,
        "MAPE": MeanAbsolutePercentageError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "msle": MeanSquaredLogarithmicError,
        "MSLE": MeanSquaredLogarithmicError,
    },
)


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
            "a plain function has no gradient. Write a subclass of `losses.Loss` with two methods: "
            f"{TWO_METHODS}"
        )
    return loss


CROSSENTROPIES = BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy


def is_open(identifier: Any) -> bool:
    """Return whether this is ``"crossentropy"`` or ``"ce"``: which one it means is known with the labels."""
    return isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce")


def resolve(identifier: Any, y_true_shape: Sequence[int], y_pred_shape: Sequence[int]) -> Loss | None:
    """Return the loss that ``compile(loss=identifier)`` means for labels and predictions like these.

    ``"crossentropy"`` and ``"ce"`` mean, by Keras's rule, the binary one for one output unit, the sparse
    categorical one for integer labels, and the categorical one for one-hot labels.

    Args:
        identifier: see ``get``.
        y_true_shape: shape of the labels.
        y_pred_shape: shape of the predictions.

    Raises:
        ValueError: see ``get``.
    """
    if not is_open(identifier):
        return get(identifier)
    binary, sparse, categorical = CROSSENTROPIES
    if y_pred_shape[-1] == 1:
        return binary(name=identifier)
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return sparse(name=identifier)
    return categorical(name=identifier)


def serialize(loss: Loss | None) -> dict | None:
    """Return a loss as a Keras node."""
    return serialize_object("keras.losses", loss)


def deserialize(node: Any) -> Loss | None:
    """Return the loss that a Keras node describes."""
    return get(node)
