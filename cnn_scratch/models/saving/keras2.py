"""What Keras 2 wrote otherwise than Keras 3: words of configurations, and states of optimizers.

Known from files that Keras 2.13 and 2.15 wrote; ``tests/saving/keras_files/make.py`` makes some of them.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnn_scratch.models.saving.settings import Unfit

FUNCTIONAL_MODULES = (
    "keras.engine.functional",
    "keras.src.engine.functional",
    "tf_keras.src.engine.functional",
)
MODULES = {
    "initializer": ("tensorflow.python.ops.init_ops_v2",),  # EfficientNetV2 has one from there
    "optimizer": ("keras.optimizers.experimental", "keras.optimizers.legacy"),
}
WITHOUT_GROUPS = ("SeparableConv", "DepthwiseConv", "Conv1DTranspose", "Conv2DTranspose")
METRICS = {  # of functions whose class does not have the same words
    "kl_divergence": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "log_cosh": "LogCoshError",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
    "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
}
OLD_OPTIMIZERS = "keras.optimizers.legacy"  # those before 2.11

OTHER_RULES = {  # of old optimizers
    "RMSprop": "its epsilon stood outside of the root, and now stands inside",
    "Adagrad": "its epsilon stood outside of the root, and now stands inside",
    "Nadam": "its momentum grew more slowly",
}
HARD_SIGMOID_SLOPE = 0.2  # and 1/6 in Keras 3


def is_version_2(keras_version: str | None) -> bool:
    """Return whether a file is of Keras 2, by the version that it names."""
    return keras_version is not None and keras_version.startswith("2.")


def without_version(node: Any) -> tuple[Any, str | None]:
    """Return the node in the JSON of a model, and the version that Keras 2 wrote beside it."""
    if type(node) is not dict or type(node.get("keras_version")) is not str:
        return node, None
    return {k: v for k, v in node.items() if k not in ("keras_version", "backend")}, node["keras_version"]


def modern_name(name: str) -> str:
    """Return the name of a layer as Keras 3 allows it: a slash separates the parts of a path there."""
    return name.replace("/", "_")


# Words --------------------------------------------------------------------------------------------


def modernize(name: str, config: dict, of_keras_2: bool) -> dict:
    """Return the config of a layer, loss or optimizer in today's words."""
    config = dict(config)
    if name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if name == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if name == "BatchNormalization" and type(config.get("axis")) is list and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    if name.startswith(WITHOUT_GROUPS) and config.get("groups") == 1:  # the only choice
        del config["groups"]
    if type(config.get("batch_input_shape")) is list:  # the first layer of a Sequential without InputLayer
        config["input_shape"] = config.pop("batch_input_shape")[1:]
    if name.startswith("SeparableConv"):  # it had those of a convolution besides its own
        config = {
            key: value
            for key, value in config.items()
            if not key.startswith("kernel_") or key == "kernel_size"
        }
    if config.get("name", "") is None:  # of a schedule
        del config["name"]
    if of_keras_2 and type(config.get("name")) is str:
        config["name"] = modern_name(config["name"])
    if type(config.get("fn")) is str:  # of a loss: the function that its class wraps
        del config["fn"]
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return config


def modern_training(settings: dict, outputs: Sequence[str]) -> dict:
    """Return a ``training_config`` with the metrics of each output as they were given to ``compile``.

    Keras 2 put the name of the output before that of the metric, where there are several outputs, and a
    null in place of no metric.
    """

    def without_output(node: Any, output: str) -> Any:
        name = node["config"].get("name") if type(node) is dict and type(node.get("config")) is dict else None
        if len(outputs) < 2 or type(name) is not str:
            return node
        return {**node, "config": {**node["config"], "name": name.removeprefix(f"{output}_")}}

    modern = dict(settings)
    for key in ("metrics", "weighted_metrics"):
        given = settings.get(key)
        if type(given) is list and len(given) == len(outputs) and all(type(one) is list for one in given):
            modern[key] = [
                [without_output(node, output) for node in of_output if node is not None]
                for output, of_output in zip(outputs, given, strict=True)
            ]
    return modern


def modern_metric(node: dict, custom_objects: Mapping[str, Any]) -> Any:
    """Return what the function in a ``MeanMetricWrapper`` means: a node, or a name of the caller's.

    Raises:
        Unfit: it names none.
    """
    config = node.get("config")
    function = config.get("fn") if type(config) is dict else None
    if type(function) is not str or not set(config) <= {"fn", "name", "dtype"}:
        raise Unfit
    if function in custom_objects:
        return function
    about = {key: value for key, value in config.items() if key != "fn"}
    name = METRICS.get(function) or "".join(part.capitalize() for part in function.split("_"))
    return {"module": "keras.metrics", "class_name": name, "config": about}


def is_old_optimizer(node: Any) -> bool:
    """Return whether a node of a file of Keras 2 describes one of the optimizers from before 2.11."""
    if type(node) is not dict or type(node.get("config")) is not dict:
        return False
    return node.get("module") == OLD_OPTIMIZERS or "is_legacy_optimizer" not in node["config"]


def modern_optimizer(node: Any) -> Any:
    """Return the node of an old optimizer in today's words.

    Its learning rate could fall by itself: η / (1 + decay · steps). Nadam meant something else by ``decay``.
    """
    config = dict(node["config"])
    decay, rate = config.pop("decay", 0.0), config.get("learning_rate")
    if node.get("class_name") != "Nadam" and type(decay) is type(rate) is float and decay > 0:
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay},
            "registered_name": None,
        }
    return {**node, "config": config}


def warn_of_old_optimizer(node: Any, place: str, has_state: bool) -> None:
    """Say what differs for a model that goes on training with an optimizer from before Keras 2.11."""
    name = node["class_name"]
    notes = []
    if not has_state:
        notes.append("Keras wrote no state of it into such a file, so it starts anew")
    if name in OTHER_RULES:
        notes.append(OTHER_RULES[name])
    if notes:
        warnings.warn(f"{place} has the {name} of before Keras 2.11: {', and '.join(notes)}.", stacklevel=5)


# States of optimizers -----------------------------------------------------------------------------


def state_order(is_old: bool) -> Callable[[Any, int], list[tuple[str, int | None]]]:
    """Return the function that tells (slot, number of the parameter) for every array of a state.

    The learning rate is not among them. SGD has its slot even without momentum, and Nadam's product is
    not there. Before 2.11 the arrays of one slot stood together, those of all parameters (not Ftrl's).
    """

    def places(optimizer, count: int) -> list[tuple[str, int | None]]:
        groups = optimizer.state_groups()
        if is_old and type(optimizer).__name__ != "Ftrl":
            groups = [(slot,) for group in groups for slot in group]
        elif type(optimizer).__name__ == "SGD":
            groups = [*(group for group in groups if group != ("momentum",)), ("momentum",)]
        slots = [(slot, number) for group in groups for number in range(count) for slot in group]
        return [("iterations", None), *slots]

    return places
