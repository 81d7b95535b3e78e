"""Metrics: what is measured while a model trains, beside its loss."""

from collections.abc import Sequence
from typing import Any

from cnn_scratch.absent import absent
from cnn_scratch.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from cnn_scratch.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from cnn_scratch.metrics.auc import AUC
from cnn_scratch.metrics.confusion import FalseNegatives, FalsePositives, TrueNegatives, TruePositives
from cnn_scratch.metrics.f_score import F1Score, FBetaScore
from cnn_scratch.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from cnn_scratch.metrics.loss_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from cnn_scratch.metrics.metric import Mean, MeanMetricWrapper, Metric, Sum
from cnn_scratch.metrics.precision_and_recall import Precision, Recall
from cnn_scratch.metrics.r2_score import R2Score
from cnn_scratch.serialization import class_table, deserialize_object, serialize_object

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "Poisson",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "deserialize",
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
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_CURVE = "Use `AUC`, or `Precision` and `Recall` with a list of thresholds."
_OWN = (
    "Write a subclass of `metrics.Metric` with `update_state` and `result`, which counts in variables: "
    "`self.total = self.add_weight(name='total', initializer='zeros')` in its `__init__`."
)
INSTEAD = {
    "PrecisionAtRecall": _CURVE,
    "RecallAtPrecision": _CURVE,
    "SensitivityAtSpecificity": _CURVE,
    "SpecificityAtSensitivity": _CURVE,
    "PearsonCorrelation": _OWN,
    "pearson_correlation": _OWN,
    "ConcordanceCorrelation": _OWN,
    "concordance_correlation": _OWN,
}

__getattr__ = absent(__name__, __all__, INSTEAD)

_TABLE = class_table(
    Mean,
    Sum,
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    MeanSquaredError,
    MeanAbsoluteError,
    RootMeanSquaredError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    LogCoshError,
    CosineSimilarity,
    Hinge,
    SquaredHinge,
    CategoricalHinge,
    KLDivergence,
    Poisson,
    Precision,
    Recall,
    R2Score,
    AUC,
    F1Score,
    FBetaScore,
    TruePositives,
    TrueNegatives,
    FalsePositives,
    FalseNegatives,
    IoU,
    BinaryIoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
    aliases={
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mape": MeanAbsolutePercentageError,
        "MAPE": MeanAbsolutePercentageError,
        "msle": MeanSquaredLogarithmicError,
        "MSLE": MeanSquaredLogarithmicError,
    },
)


def get(identifier: Any) -> Metric | None:
    """Return the metric for a name, a serialized node, a class, a function or a ``Metric``.

    A function of ``(y_true, y_pred)`` that returns one value per sample becomes the mean of these.
    ``"accuracy"`` gives ``Accuracy``, plain equality; see ``resolve`` for what ``compile`` makes of it.

    Raises:
        ValueError: the name is unknown, or the object cannot be called.
    """
    if identifier is None:
        return None
    metric = deserialize_object(identifier, _TABLE, "metric")
    if isinstance(metric, Metric):
        return metric
    if not callable(metric):
        raise ValueError(f"Could not interpret metric identifier: {identifier}")
    return MeanMetricWrapper(metric)


def resolve(identifier: Any, y_true_shape: Sequence[int], y_pred_shape: Sequence[int]) -> Metric:
    """Return the metric that ``compile(metrics=[identifier])`` means for labels and predictions like these.

    ``"accuracy"`` and ``"acc"`` mean, by Keras's rule, binary accuracy for one output unit, sparse
    categorical accuracy for integer labels, and categorical accuracy for one-hot labels. A metric
    asked for by name keeps that name.

    Args:
        identifier: see ``get``.
        y_true_shape: shape of the labels.
        y_pred_shape: shape of the predictions.

    Raises:
        ValueError: ``identifier`` is ``None`` or unknown.
    """
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        return _accuracy_class(y_true_shape, y_pred_shape)(name=identifier)
    metric = get(identifier)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def _accuracy_class(y_true_shape: Sequence[int], y_pred_shape: Sequence[int]) -> type[Metric]:
    if y_pred_shape[-1] == 1:
        return BinaryAccuracy
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return SparseCategoricalAccuracy
    return CategoricalAccuracy


def serialize(metric: Metric | None) -> dict | None:
    """Return a metric as a Keras node."""
    return serialize_object("keras.metrics", metric)


def deserialize(node: Any) -> Metric | None:
    """Return the metric that a Keras node describes."""
    return get(node)
