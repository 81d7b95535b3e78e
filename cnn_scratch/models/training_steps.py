"""The nodes of a graph for a pass that ``backward`` follows: fewer than those of the model, equal results.

A batch normalization and the ReLU after it become one node, perhaps with the sum of a residual block between
them, if nobody else reads what is in between (``normalized_activation.py``). Layers can be changed between
two passes, so each pass looks at them again.

The node takes the place of the ReLU. So a normalization that is called again before that ReLU, by itself or
in a model, is left alone: the order of its calls is part of the result (``topology.in_order_of_calls``).
"""

from collections import Counter
from collections.abc import Sequence

from cnn_scratch.clipping import ACTIVATIONS
from cnn_scratch.layers import Add
from cnn_scratch.models.step import Step
from cnn_scratch.normalized_activation import NormalizedActivation, can_be_activated, can_be_added
from cnn_scratch.symbolic import Node, SymbolicTensor


def steps_of_training(nodes: Sequence[Node], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """Return the nodes of a graph, with one node in place of those that are computed together.

    Args:
        nodes: in the order in which they can be computed.
        outputs: the tensors that are wanted; each of them is still made.
    """
    readers = Counter([*outputs, *(tensor for node in nodes for tensor in node.tensors)])
    place = {node: number for number, node in enumerate(nodes)}
    inside = set(nodes)

    def maker(tensor: SymbolicTensor) -> Node | None:
        """Return the node that makes a tensor, if it is one of these and has one reader."""
        return tensor.node if readers[tensor] == 1 and tensor.node in inside else None

    def is_called_between(first: Node, last: Node) -> bool:
        """Return whether the averages of a normalization move again between its call and another node."""
        mean = first.layer.moving_mean
        between = (node.layer for node in nodes[place[first] + 1 : place[last]])
        return any(weight is mean for layer in between for weight in getattr(layer, "weights", ()))

    steps = dict.fromkeys(nodes)
    for node in nodes:
        if type(node.layer) in ACTIVATIONS:
            first = maker(node.tensors[0])
            parts = None if first is None else _parts(first, node, maker)
            if parts is not None and not is_called_between(parts[0], node):
                normalization, *between = parts
                layer = NormalizedActivation(normalization.layer, node.layer, *(n.layer for n in between))
                arguments = normalization.arguments
                if between:
                    other = [tensor for tensor in first.tensors if tensor.node is not normalization]
                    arguments = [arguments, *other]
                step = Step(layer, arguments, node)
                step.training = normalization.training
                for part in parts:
                    del steps[part]
                steps[node] = step
    return [step or node for node, step in steps.items()]


def _parts(first: Node, activation: Node, maker) -> list[Node] | None:
    """Return what can be computed with an activation: a normalization, and perhaps the sum after it.

    Args:
        first: the node before the activation.
        maker: the function above.
    """
    if can_be_activated(first.layer, activation.layer):
        return [first]
    if type(first.layer) is Add and len(first.tensors) == 2 and can_be_added(first.layer, activation.layer):
        one, other = first.tensors
        for tensor in (other, one) if one.shape == other.shape else ():
            normalization = maker(tensor)
            if normalization is not None and can_be_activated(normalization.layer, activation.layer):
                return [normalization, first]
    return None
