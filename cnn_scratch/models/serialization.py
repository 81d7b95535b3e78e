"""Layers and models as Keras's nodes, and back from a closed table of classes."""

import json
from contextvars import ContextVar
from typing import Any

from cnn_scratch import layers
from cnn_scratch.arithmetic import OPERATIONS, Arithmetic
from cnn_scratch.layers import Layer
from cnn_scratch.operation import Operation
from cnn_scratch.serialization import deserialize_object, serialize_object

ARITHMETIC = "keras.src.ops.numpy"
FUNCTIONAL = "keras.src.models.functional"
DEEPEST = 32  # models in models

_depth: ContextVar[int] = ContextVar("depth", default=0)


def serialize(layer: Operation) -> dict[str, Any]:
    """Return a layer or model as a node: ``{"module", "class_name", "config", "registered_name"}``."""
    node = serialize_object("keras.layers", layer)
    if isinstance(layer, Arithmetic):
        # A class without a public name in Keras is registered under its own.
        node |= {"module": ARITHMETIC, "registered_name": node["class_name"]}
    elif hasattr(layer, "graph"):
        node |= {"module": FUNCTIONAL, "registered_name": node["class_name"]}
    elif hasattr(layer, "layers"):
        node["module"] = "keras"
    return node


def deserialize(node: dict[str, Any]) -> Operation:
    """Return the layer or model that a node describes.

    Raises:
        ValueError: the node names a class that cnn_scratch does not have, or holds models in models in
            models without an end.
    """
    if _depth.get() >= DEEPEST:
        raise ValueError(f"Expected at most {DEEPEST} models inside each other. Received: more")
    before = _depth.set(_depth.get() + 1)
    try:
        return deserialize_object(node, _table(node), "layer")
    finally:
        _depth.reset(before)


def _table(node: Any) -> dict[str, type]:
    """Return the classes that a node may name: its module decides which ``Add`` it means."""
    from cnn_scratch.models.functional import Functional
    from cnn_scratch.models.sequential import Sequential

    if isinstance(node, dict) and node.get("module") == ARITHMETIC:
        return dict(OPERATIONS)
    table = {name: getattr(layers, name) for name in layers.__all__ if _is_concrete(getattr(layers, name))}
    return table | {"Sequential": Sequential, "Functional": Functional}


def _is_concrete(thing) -> bool:
    return isinstance(thing, type) and issubclass(thing, Layer) and thing is not Layer


def model_from_json(json_string: str):
    """Return the model that ``model.to_json()``, here or in Keras, describes; its weights are new.

    Raises:
        ValueError: not JSON, not a model, or a class that cnn_scratch does not have.
    """
    try:
        node = json.loads(json_string)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"Expected a model as JSON. Received: {json_string[:80]!r} ({error})") from None
    model = deserialize(node)
    if not hasattr(model, "layers"):
        raise ValueError(f"Expected a model as JSON. Received: {type(model).__name__}")
    return model


def clone_model(model):
    """Return a model of the same layers with weights of its own, newly initialized."""
    return type(model).from_config(model.get_config())
