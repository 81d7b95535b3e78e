"""Graphs in copies and pickles of models: calls of layers, one after the other.

In a graph every tensor leads to the call that made it, that to its layer and to the tensors before it, and so
on, back to the inputs. Who copies along these references needs more nested calls than Python allows, for a
network of a few hundred layers. So a copy is made from a list: what a call reads was made by one before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cnn_scratch.operation import Operation
from cnn_scratch.structure import flatten, map_as_given, pack_as_given
from cnn_scratch.symbolic import Node, SymbolicTensor


@dataclass(frozen=True)
class Place:
    """What stands for a tensor: the number of the call that makes it, and its place among the outputs."""

    call: int
    output: int


class Call(NamedTuple):
    """One call of a layer, with places where its ``Node`` has tensors."""

    layer: Operation
    arguments: Any
    returned: Any  # tensors that belong to no node
    training: bool | None


class CallList:
    """The calls of a graph, from which the same graph can be made of other layers.

    Args:
        nodes: each after those that it reads.
        ends: structures of tensors that are to be found again, the inputs and outputs of a model say.
    """

    def __init__(self, nodes: Iterable[Node], *ends: Any):
        nodes = list(dict.fromkeys(nodes))
        numbers = {node: number for number, node in enumerate(nodes)}

        def places(structure):
            return map_as_given(
                lambda t: Place(numbers[t.node], t.index) if isinstance(t, SymbolicTensor) else t, structure
            )

        self.calls = [
            Call(node.layer, places(node.arguments), _alone(node.returned), node.training) for node in nodes
        ]
        self.ends = [places(end) for end in ends]

    def make(self) -> list[Any]:
        """Call the layers again, and return the ends."""
        nodes: list[Node] = []
        for layer, arguments, returned, training in self.calls:
            if not flatten(arguments):
                nodes.append(layer.inbound_nodes[0])  # an input has made its node itself
                continue
            nodes.append(Node(layer, _tensors(arguments, nodes), returned, training))
            layer.inbound_nodes.append(nodes[-1])
        return [_tensors(end, nodes) for end in self.ends]


def _alone(structure: Any) -> Any:
    tensors = [SymbolicTensor(tensor.shape, tensor.dtype) for tensor in flatten(structure)]
    return pack_as_given(structure, tensors)


def _tensors(structure: Any, nodes: Sequence[Node]) -> Any:
    return map_as_given(
        lambda thing: nodes[thing.call].outputs[thing.output] if isinstance(thing, Place) else thing,
        structure,
    )
