"""What ``compile`` was given, in files: ``compile_config``, or ``training_config`` in older ones."""

from typing import Any

import numpy as np

from cnn_scratch import losses, metrics, optimizers
from cnn_scratch.models.saving import keras2
from cnn_scratch.models.saving.errors import ModelFileError, shorten
from cnn_scratch.models.saving.settings import BOOLEAN, Setting, Unfit, integer, is_number, optional
from cnn_scratch.serialization import without_numpy

_ARGUMENTS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")


def serialize_compilation(trainer) -> dict[str, Any]:
    """Return what ``compile`` was given, under Keras's keys, objects as nodes."""
    return {
        "optimizer": optimizers.serialize(trainer.optimizer),
        **{key: _serialize(given) for key, given in trainer.given.items()},
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def _serialize(given: Any) -> Any:
    """Return an argument of ``compile``: names and numbers as they are, objects as nodes."""
    if isinstance(given, dict):
        return {key: _serialize(one) for key, one in given.items()}
    if isinstance(given, list | tuple):
        return [_serialize(one) for one in given]
    if given is None or isinstance(given, str | int | float | np.generic):
        return without_numpy(given)
    if isinstance(given, type) and issubclass(given, metrics.Metric):
        given = given()
    if isinstance(given, metrics.Metric):
        return metrics.serialize(given)
    return losses.serialize(losses.get(given))  # also a class, or one of the functions in `losses`


def read_compilation(reader, config: Any) -> dict[str, Any]:
    """Return the arguments of ``compile``.

    Args:
        reader: a ``NodeReader``.
        config: what ``serialize_compilation`` or Keras wrote.

    Raises:
        ModelFileError: it is not that, or names something that this package does not have.
    """
    if type(config) is not dict:
        reader.fail("expected compile_config as an object", config)
    try:
        settings = reader.settings(_SETTINGS, config, "compile_config")
    except ModelFileError as error:
        hint = "" if "compile=False" in str(error) else ". Or load with compile=False"
        raise ModelFileError(f"{error}{hint}") from error.__cause__
    return {key: settings[key] for key in _ARGUMENTS if settings.get(key) is not None}


def _per_output(kind: str) -> Setting:
    """One object or name for all outputs, a list of one per output, or an object with their names."""

    def read(value, reader):
        if value is None or (kind == "number" and is_number(value)):
            return value
        if type(value) is list and len(value) <= 1000:
            return [read(one, reader) for one in value]
        if type(value) is dict and "class_name" not in value and len(value) <= 1000:
            return {name: read(one, reader) for name, one in value.items()}
        if kind == "number":
            raise Unfit
        return _read_one(value, kind, reader)

    return Setting(f"a {kind}, or a list or an object of them", read)


def _metrics(value: Any, reader) -> Any:
    if type(value) not in (list, dict, type(None)) or (type(value) is dict and "class_name" in value):
        raise Unfit
    return _per_output("metric").read(value, reader)


def _read_one(value: Any, kind: str, reader) -> Any:
    """Return the object of a node; a name stays a name, once it is known to be one."""
    if value is None:
        return None
    if type(value) is dict:
        value = _in_todays_words(value, kind, reader)
    if type(value) is not str:
        return reader.read(value, kind)
    if value in reader.custom_objects:
        return reader.custom_objects[value]
    try:
        if kind == "metric":
            metrics.resolve(value, (1, 1), (1, 1))
        elif kind == "loss":
            losses.resolve(value, (1, 1), (1, 1))
        else:
            optimizers.get(value)
    except ValueError as error:
        reader.fail(f"compile_config: {shorten(str(error), 300)} Or load with compile=False", value)
    return value


def _in_todays_words(node: dict, kind: str, reader) -> Any:
    """Return a node of Keras 3, or the name of a function."""
    config = node.get("config")
    if node.get("class_name") == "function" and node.get("module") == "builtins" and type(config) is str:
        return config
    if kind == "metric" and node.get("class_name") == "MeanMetricWrapper":
        return keras2.modern_metric(node, reader.custom_objects)
    if kind == "optimizer" and reader.keras_2 and keras2.is_old_optimizer(node):
        return keras2.modern_optimizer(node)
    return node


_SETTINGS = {
    "optimizer": Setting("an optimizer", lambda value, reader: _read_one(value, "optimizer", reader)),
    "loss": _per_output("loss"),
    "loss_weights": optional(_per_output("number")),
    "metrics": Setting("a list of metrics", _metrics),
    "weighted_metrics": Setting("a list of metrics", _metrics),
    "run_eagerly": optional(BOOLEAN),
    "steps_per_execution": optional(integer(1)),
    "jit_compile": Setting("true, false or 'auto'", lambda value, _: value),
    "auto_scale_loss": BOOLEAN,
}
