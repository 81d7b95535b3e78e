"""The closed table of classes that a file may name, by the exact module and name."""

from functools import cache
from typing import Any

from cnn_scratch import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from cnn_scratch.arithmetic import OPERATIONS
from cnn_scratch.indexing import GetItem
from cnn_scratch.layers import Layer
from cnn_scratch.models.saving import keras2
from cnn_scratch.operation import Operation
from cnn_scratch.registration import own_class

# Where Keras keeps the classes that are not public. They stand in files of its applications.
PRIVATE_MODULES = {
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
}
# What Keras does not have.
OWN_MODULE = "cnn_scratch.layers"
ONLY_HERE = {"RReLU"}

# Layers for which Keras notes no ``build_config``: they need no shape to be ready.
READY_WHEN_MADE = {
    "Activation", "ActivityRegularization", "AlphaDropout", "AveragePooling1D", "AveragePooling2D", "Dropout",
    "ELU", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "InputLayer", "LeakyReLU", "MaxPooling1D",
    "MaxPooling2D", "ReLU", "Reshape", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "UnitNormalization",
}  # fmt: skip

OPERATORS = OPERATIONS | {"GetItem": GetItem}
OPERATOR_MODULE = "keras.src.ops.numpy"
FUNCTIONAL_MODULES = ("keras.src.models.functional", *keras2.FUNCTIONAL_MODULES, "keras", "keras.models")
SEQUENTIAL_MODULES = ("keras", "keras.models", "keras.src.models.sequential")

# Classes and pseudo-classes of Keras whose configuration is a program, a path or a pickle.
CARRY_CODE = {
    "Lambda",
    "__lambda__",
    "__typespec__",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
}


def layer_module(name: str) -> str:
    """Return the module under which Keras writes a layer's class."""
    return OWN_MODULE if name in ONLY_HERE else PRIVATE_MODULES.get(name, "keras.layers")


def module_and_registered_name(layer: Operation) -> tuple[str | None, str | None]:
    """Return what Keras writes as ``module`` and ``registered_name`` of a layer, a model or an operation.

    A class without a public name in Keras is registered under its own.
    """
    if about := own_class(type(layer)):
        return about["module"], about["registered_name"]
    name = type(layer).__name__
    if not isinstance(layer, Layer):
        return OPERATOR_MODULE, name
    if hasattr(layer, "graph"):
        return FUNCTIONAL_MODULES[0], name
    if hasattr(layer, "layers"):
        return "keras", None
    return layer_module(name), name if name in PRIVATE_MODULES else None


@cache
def table(kind: str) -> dict[tuple[str, str], Any]:
    """Return (module, class name) → class for ``"layer"``, ``"initializer"``, …, models among the layers."""
    if kind == "layer":
        return {
            **{(layer_module(name), name): cls for name, cls in _concrete(layers, Layer).items()},
            **{(OPERATOR_MODULE, name): cls for name, cls in OPERATORS.items()},
            **_models(),
        }
    module, base = _LEAVES[kind]
    keras_module = {"loss": "keras.losses", "schedule": "keras.optimizers.schedules"}.get(
        kind, f"keras.{kind}s"
    )
    modules = (keras_module, *keras2.MODULES.get(kind, ()))
    return {(module_, name): cls for module_ in modules for name, cls in _concrete(module, base).items()}


_LEAVES = {
    "schedule": (optimizers.schedules, optimizers.schedules.LearningRateSchedule),
    "initializer": (initializers, initializers.Initializer),
    "regularizer": (regularizers, regularizers.Regularizer),
    "constraint": (constraints, constraints.Constraint),
    "optimizer": (optimizers, optimizers.Optimizer),
    "loss": (losses, losses.Loss),
    "metric": (metrics, metrics.Metric),
}
_ABSTRACT = {
    "Layer",
    "Initializer",
    "RandomInitializer",
    "Regularizer",
    "_Powers",
    "Both",
    "Constraint",
    "Optimizer",
    "LearningRateSchedule",
    "Loss",
    "Crossentropy",
    "Metric",
}


def _concrete(module, base: type) -> dict[str, type]:
    """Return the public classes of one of this package's modules by name, without the abstract ones."""
    found = {
        thing.__name__: thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, base)
    }
    left_out = _ABSTRACT | CARRY_CODE | {"MeanMetricWrapper"}
    return {name: cls for name, cls in found.items() if name not in left_out}


@cache
def models() -> tuple[type, ...]:
    """Return the classes of models."""
    return tuple(dict.fromkeys(_models().values()))


def _models() -> dict[tuple[str, str], type]:
    from cnn_scratch.models.functional import Functional
    from cnn_scratch.models.sequential import Sequential

    return {
        **{(module, "Functional"): Functional for module in FUNCTIONAL_MODULES},
        **{(module, "Model"): Functional for module in ("keras", "keras.models")},
        **{(module, "Sequential"): Sequential for module in SEQUENTIAL_MODULES},
    }


def holds_layers(cls: Any, config: dict[str, Any]) -> bool:
    """Return whether your own class is a model that is made of the layers in its configuration."""
    from cnn_scratch.models.functional import Functional
    from cnn_scratch.models.own_graph import as_graph, is_made_of_a_graph
    from cnn_scratch.models.sequential import Sequential

    bases = [
        base for base in (Functional, Sequential) if isinstance(cls, type) and issubclass(as_graph(cls), base)
    ]
    if not bases or cls.from_config.__func__ is not bases[0].from_config.__func__:
        return False
    return bases[0] is Sequential or ("layers" in config and is_made_of_a_graph(cls))


def default_module(name: str, kind: str, config: Any) -> str | None:
    """Return the module of a class in a file that gives names only (``.h5`` files)."""
    if kind == "layer" and name in OPERATORS and type(config) is dict and set(config) == {"name"}:
        return OPERATOR_MODULE  # and not the layer of that name, which has more settings
    found = [module for module, other in table(kind) if other == name]
    return found[0] if found else None


def by_name(name: str, kind: str, reader) -> Any:
    """Return the initializer, regularizer or constraint of a name in snake case, as older files have it."""
    module, _ = _LEAVES[kind]
    try:
        return module.get(name)
    except ValueError as error:
        reader.fail(str(error)[:300], name)
