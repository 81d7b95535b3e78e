"""Which nodes lie between inputs and outputs, and in which order they and their layers stand.

The order of the layers is Keras's to the letter, because files of weights and configurations rest on it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from cnn_scratch.operation import Operation
from cnn_scratch.structure import map_structure
from cnn_scratch.symbolic import Node, SymbolicTensor


def nodes_between(inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """Return the nodes that the outputs need, each after the nodes that it reads.

    The walk goes back from the outputs and stops at the inputs. It keeps a stack of its own: a deep
    network has more layers than Python allows nested calls.

    Raises:
        ValueError: an output needs a tensor that none of the inputs leads to.
    """
    ordered: dict[Node, None] = {}
    stack = [(output, False) for output in reversed(outputs)]
    while stack:
        tensor, reads_are_done = stack.pop()
        if reads_are_done:
            ordered[tensor.node] = None
        elif tensor not in inputs and tensor.node not in ordered:
            _check_reachable(tensor, ordered)
            stack.append((tensor, True))
            stack += [(read, False) for read in reversed(tensor.node.tensors)]
    return list(ordered)


def _check_reachable(tensor: SymbolicTensor, done: Iterable[Node]) -> None:
    if tensor.node is None or not tensor.node.tensors:
        raise ValueError(
            f"Graph disconnected: cannot find parent for tensor {tensor} of layer '{tensor.name}', which is "
            "not among the model's inputs. The following layers were reached without issue: "
            f"{[node.layer.name for node in done]}"
        )


def operations_in_order(
    nodes: Sequence[Node], inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]
) -> list[Operation]:
    """Return the layers and operations of the nodes, and the layers of the inputs, each once.

    They are sorted by depth, the longest way to an output, the deepest first; among equals, what a
    walk back from the outputs meets first comes first.

    Args:
        nodes: what ``nodes_between`` returned.
        inputs, outputs: the same as there.

    Raises:
        ValueError: two of them share a name.
    """
    of_inputs = [tensor.node for tensor in inputs]
    _, depth = _depths([*nodes[::-1], *of_inputs])
    met = _order_of_meeting(outputs, set(of_inputs) | set(nodes))
    found = sorted(depth, key=lambda operation: (-depth[operation], met.get(operation, -1)))
    for name, times in Counter(operation.name for operation in found).items():
        if times > 1:
            raise ValueError(
                f"The name '{name}' is used {times} times in the model. All layer names should be unique. "
                f"Received: {[operation for operation in found if operation.name == name]}"
            )
    return found


def in_order_of_calls(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes in Keras's order if two of them change the same state, else as they are.

    A batch normalization that is called twice moves its averages twice, and more of the last call is left in
    them; so the order of the calls is part of the result. Keras computes by depth, all branches side by side.
    One branch after the other, the order of ``nodes_between``, needs fewer arrays at a time.

    Args:
        nodes: what ``nodes_between`` returned.
    """
    weights = [weight for node in nodes for weight in getattr(node.layer, "weights", ())]
    changed = [id(weight) for weight in weights if not weight.trainable]
    if len(set(changed)) == len(changed):
        return list(nodes)
    depth, _ = _depths(nodes[::-1])
    inside = set(nodes)
    return sorted((node for node in depth if node in inside), key=lambda node: -depth[node])


def _depths(nodes: Sequence[Node]) -> tuple[dict[Node, int], dict[Operation, int]]:
    """Return the longest ways to an output, of the calls and of the layers, in the order of their finding.

    Args:
        nodes: each before the nodes that it reads.
    """
    depth_of_node: dict[Node, int] = {}
    depth: dict[Operation, int] = {}
    for node in nodes:
        # A layer that is used at several depths stands at the deepest.
        deepest = max(depth_of_node.get(node, 0), depth.get(node.layer, 0))
        depth_of_node[node] = depth[node.layer] = deepest
        for tensor in node.tensors:
            if tensor.node is not None:
                depth_of_node[tensor.node] = max(deepest + 1, depth_of_node.get(tensor.node, 0))
    return depth_of_node, depth


def _order_of_meeting(outputs: Sequence[SymbolicTensor], inside: set[Node]) -> dict[Operation, int]:
    """Return, for each layer, when a walk back from the outputs meets it for the first time."""
    met: dict[Operation, int] = {}
    seen: set[Node] = set()
    stack = list(reversed(outputs))
    while stack:
        node = stack.pop().node
        if node in inside and node not in seen:
            seen.add(node)
            met.setdefault(node.layer, len(met))
            stack += reversed(node.tensors)
    return met


def read_instead(nodes: Sequence[Node], replaced: dict[SymbolicTensor, SymbolicTensor]) -> list[Node]:
    """Return new calls of the same layers that read other tensors.

    Args:
        nodes: in order.
        replaced: what is to be read in place of what; the outputs of the new nodes are added to it.
    """
    new_nodes = []
    for node in nodes:
        arguments = map_structure(
            lambda thing: replaced.get(thing, thing) if isinstance(thing, SymbolicTensor) else thing,
            node.arguments,
        )
        new_nodes.append(Node(node.layer, arguments, node.returned, node.training))
        replaced.update(zip(node.outputs, new_nodes[-1].outputs, strict=True))
    return new_nodes
