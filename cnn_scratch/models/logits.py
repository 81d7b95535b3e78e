"""Networks that end in logits: what is left of a network without its last softmax or sigmoid."""

import copy
from collections import Counter
from collections.abc import Sequence

from cnn_scratch import activations
from cnn_scratch.activation import Activation as ActivationFunction
from cnn_scratch.layers import Activation, Layer, Softmax
from cnn_scratch.models.graph import Graph
from cnn_scratch.structure import flatten
from cnn_scratch.symbolic import Node, SymbolicTensor


def layer_with_logits(layer: Layer, wanted: str | None) -> tuple[Layer | None, ActivationFunction | None]:
    """Return a layer that shares all parameters but lacks its activation, and that activation.

    Args:
        layer: the last one of a network; possibly a model of one output.
        wanted: the name of the activation to leave out.

    Returns:
        ``(layer, None)`` if the layer does not end in that activation, or if its penalty on the outputs
        needs it; ``(None, activation)`` if nothing is left without it.
    """
    if wanted is None or layer.output_penalty:
        return layer, None
    if hasattr(layer, "with_logits"):
        if len(layer.output_ports) > 1:
            return layer, None
        twin, (left_out,) = layer.with_logits([wanted])
        return twin, left_out
    activation = getattr(layer, "activation", None)
    if activation is not activations.get(wanted):
        return layer, None
    if isinstance(layer, Activation | Softmax):
        return None, activation
    twin = copy.copy(layer)
    twin.activation = activations.linear
    return twin, activation


def graph_with_logits(
    graph: Graph, wanted: Sequence[str | None]
) -> tuple[Graph, list[ActivationFunction | None]]:
    """Return a graph that ends in logits where that is wanted and possible; see ``Model.with_logits``.

    An output that other layers read too keeps its activation for them; beside it, the layer is
    computed a second time without. (A model is not: its batch statistics would be counted twice.)
    """
    outputs, nodes = list(graph.outputs), list(graph.nodes)
    left_out: list[ActivationFunction | None] = [None] * len(outputs)
    uses = Counter(outputs) + Counter(tensor for node in nodes for tensor in node.tensors)
    for place, (tensor, name) in enumerate(zip(graph.outputs, wanted, strict=True)):
        node = tensor.node
        if name is None or node not in graph.nodes or len(node.outputs) > 1:
            continue
        if hasattr(node.layer, "layers") and uses[tensor] > 1:
            continue
        layer, left_out[place] = layer_with_logits(node.layer, name)
        if left_out[place] is None:
            continue
        if layer is None:
            outputs[place] = node.arguments
        else:
            twin = Node(layer, node.arguments, node.returned, node.training)
            nodes.insert(nodes.index(node) + 1, twin)  # the order of calls is part of the result
            outputs[place] = twin.outputs[0]
    if not any(left_out):
        return graph, left_out
    return Graph(graph.inputs, outputs, _needed(nodes, outputs)), left_out


def _needed(nodes: Sequence[Node], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """Return the nodes without those that nobody reads."""
    read = set(outputs)
    kept = []
    for node in reversed(nodes):
        if any(tensor in read for tensor in node.outputs):
            kept.append(node)
            read.update(thing for thing in flatten(node.arguments) if isinstance(thing, SymbolicTensor))
    return kept[::-1]
