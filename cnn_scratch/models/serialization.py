"""Layers and models as Keras's nodes, and back from a closed table of classes."""

from typing import Any

from cnn_scratch import layers
from cnn_scratch.layers import Layer
from cnn_scratch.serialization import deserialize_object, serialize_object


def serialize(layer: Layer) -> dict[str, Any]:
    """Return a layer or model as a node: ``{"module", "class_name", "config", "registered_name"}``."""
    node = serialize_object("keras.layers", layer)
    if hasattr(layer, "layers"):
        node["module"] = "keras"
    return node


def deserialize(node: dict[str, Any]) -> Layer:
    """Return the layer or model that a node describes.

    Raises:
        ValueError: the node names a class that cnn_scratch does not have.
    """
    from cnn_scratch.models.sequential import Sequential

    table = {name: getattr(layers, name) for name in layers.__all__ if _is_concrete(getattr(layers, name))}
    return deserialize_object(node, table | {"Sequential": Sequential}, "layer")


def _is_concrete(thing) -> bool:
    return isinstance(thing, type) and issubclass(thing, Layer) and thing is not Layer
