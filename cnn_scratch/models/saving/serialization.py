"""Layers and models as Keras's nodes, and back from a closed table of classes."""

from collections.abc import Mapping
from typing import Any

from cnn_scratch.layers import Layer
from cnn_scratch.models.saving.classes import READY_WHEN_MADE, module_and_registered_name
from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.nodes import NodeReader, as_json
from cnn_scratch.operation import Operation
from cnn_scratch.serialization import serialize_object


def serialize(layer: Operation) -> dict[str, Any]:
    """Return a layer or model as a node.

    The node has the keys ``module``, ``class_name``, ``config`` and ``registered_name``; a layer that was
    built has its input shape under ``build_config`` besides, and a model what ``compile`` was given
    under ``compile_config``.
    """
    module, registered_name = module_and_registered_name(layer)
    node = serialize_object(module, layer) | {"registered_name": registered_name}
    if hasattr(layer, "layers"):
        return node | _of_model(layer)
    needs_shape = isinstance(layer, Layer) and type(layer).__name__ not in READY_WHEN_MADE
    if needs_shape and layer.build_shape is not None:
        node["build_config"] = {"input_shape": _without_batch_size(layer.build_shape)}
    return node


def _of_model(model) -> dict[str, Any]:
    # Keras notes no shape for a graph: its inputs have theirs.
    shape = None if hasattr(model, "graph") or not model.built else as_json(model.input_shape)
    built = {"build_config": {"input_shape": shape}} if model.built else {}
    return built | {"compile_config": model.get_compile_config()}


def _without_batch_size(shape):
    """Return the shape of one input, or of each of several, with ``None`` for the number of samples."""
    if shape and not isinstance(shape[0], int | None):
        return [_without_batch_size(one) for one in shape]
    return [None, *shape[1:]]


def deserialize(node: Any, custom_objects: Mapping[str, Any] | None = None) -> Operation:
    """Return the layer or model that a node describes; a layer is returned as it is.

    Args:
        node: what ``serialize`` or Keras wrote.
        custom_objects: name → class, for what is not in the table.

    Raises:
        ModelFileError: (a ``ValueError``) the node names a class that cnn_scratch does not have,
            arguments that it does not take, or models in models without an end.
    """
    if isinstance(node, Operation):
        return node
    try:
        node = as_json(node)
    except RecursionError:  # a dictionary that holds itself
        raise ModelFileError("The configuration: expected an end of the models inside each other") from None
    return NodeReader(custom_objects, "The configuration").layer(node)
