"""The nodes of a graph for a prediction: fewer than those of the model, and the same outputs.

No backward pass follows, so three things can be done that training cannot do:

* A convolution is computed together with the layers around it (``finished_convolution``), if nobody else
  reads what they hand to each other. The same goes for a separable convolution and the ReLU in front of it.
* A concatenation that only ReLUs read is copied with the ReLU applied (``rectified_concatenation``).
* An activation or a pooling that another layer has applied to the same tensor is not computed again. Every
  branch of a NASNet cell begins with a ReLU, for instance.

Layers can be changed between two predictions, so each prediction looks at them again.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from cnn_scratch.clipping import ACTIVATIONS
from cnn_scratch.finished_convolution import SUMS, can_be_before, computed_together
from cnn_scratch.layers import AveragePooling2D, Layer, MaxPooling2D
from cnn_scratch.models.step import Step
from cnn_scratch.rectified_concatenation import RectifiedConcatenation, can_be_rectified
from cnn_scratch.symbolic import Node, SymbolicTensor

# Beside activations, what is not computed again for the same tensor.
POOLINGS = (AveragePooling2D, MaxPooling2D)
# The nodes that read each tensor, once for each time; ``None`` stands for whoever wants the outputs.
Readers = dict[SymbolicTensor, list[Node | None]]


def steps_of_inference(nodes: Sequence[Node], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """Return the nodes of a graph, with one node in place of those that are computed together.

    Args:
        nodes: in the order in which they can be computed.
        outputs: the tensors that are wanted; each of them is still made.
    """
    readers: Readers = defaultdict(list)
    for tensor in outputs:
        readers[tensor].append(None)
    for node in nodes:
        for tensor in node.tensors:
            readers[tensor].append(node)
    steps: dict[Node, None] = {}  # an ordered set
    maker: dict[SymbolicTensor, Node] = {}
    first_of: dict[tuple, Node] = {}
    for node in nodes:
        if any(tensor in maker for tensor in node.outputs):  # an earlier step makes them
            continue
        step = _rectified(node, readers)
        if step is None:
            before, step = _merged_with_its_maker(node, maker, readers)
            if step is not None:
                del steps[before]
        if step is None and node.outputs[0] not in outputs and not _belongs_to_its_reader(node, readers):
            step = _repeated(node, first_of)
        step = step or node
        steps[step] = None
        maker.update(dict.fromkeys(step.outputs, step))
    return list(steps)


def _rectified(node: Node, readers: Readers) -> Step | None:
    """Return one node for a concatenation and all its readers if these are ReLUs, or ``None``."""
    behind = readers[node.outputs[0]]
    if None in behind or not can_be_rectified(node.layer, [reader.layer for reader in behind]):
        return None
    # Those that are wanted are arrays of their own.
    if any(None in readers[reader.outputs[0]] for reader in behind):
        return None
    step = Step(RectifiedConcatenation(node.layer, tuple(one.layer for one in behind)), node.arguments, node)
    step.outputs = step.returned = [reader.outputs[0] for reader in behind]
    return step


def _belongs_to_its_reader(node: Node, readers: Readers) -> bool:
    """Return whether the node is an activation that the layer after it applies itself."""
    behind = readers[node.outputs[0]]
    if type(node.layer) not in ACTIVATIONS or len(behind) != 1 or None in behind:
        return False
    return can_be_before(node.layer, behind[0].layer)


def _merged_with_its_maker(
    node: Node, maker: dict[SymbolicTensor, Node], readers: Readers
) -> tuple[Node, Step] | tuple[None, None]:
    """Return an earlier step, and one in place of it and of the only node that reads what it makes."""
    for place, tensor in enumerate(node.tensors):
        if len(readers[tensor]) == 1 and tensor in maker:
            step = _merged(maker[tensor], node, place)
            if step is not None:
                return maker[tensor], step
    return None, None


def _merged(first: Node, second: Node, place: int) -> Step | None:
    """Return one node for two, or ``None``; the second one reads the first as its input ``place``."""
    if first.training or second.training:  # what is computed together is not training
        return None
    arguments = first.arguments
    if type(second.layer) in SUMS:
        if len(second.tensors) != 2 or second.tensors[0].shape != second.tensors[1].shape:
            return None
        arguments = [first.arguments, second.tensors[1 - place]]
    layer = computed_together(first.layer, second.layer, place)
    return None if layer is None else Step(layer, arguments, second)


def _repeated(node: Node, first_of: dict[tuple, Node]) -> Step | None:
    """Return a node that takes over what an earlier one makes of the same tensor, or ``None``.

    Args:
        node: any node.
        first_of: the first activation, and the first pooling of its kind, of each tensor; it is added to.
    """
    if type(node.layer) in ACTIVATIONS:
        kind, key = RepeatedActivation, (node.tensors[0], RepeatedActivation)
    elif type(node.layer) in POOLINGS:
        kind, key = RepeatedPooling, (node.tensors[0], RepeatedPooling.settings(node.layer))
    else:
        return None
    first = first_of.setdefault(key, node)
    if first is node:
        return None
    return Step(kind(node.layer, first.layer), [node.arguments, first.outputs[0]], node)


class Repeated:
    """A layer that does what another one has done to the same tensor.

    Args:
        layer: the layer.
        first: the other one. The inputs are a list of the tensor and the outputs of the other one.
    """

    def __init__(self, layer: Layer, first: Layer):
        self.layer, self.first = layer, first
        self.name, self.weights = layer.name, layer.weights

    def infer(self, inputs: list, training: bool = False) -> np.ndarray:
        """Return the outputs of the other layer, or what this one makes if it does something else by now."""
        tensor, outputs = inputs
        same = self.settings(self.layer) == self.settings(self.first)
        return outputs if same else self.layer.infer(tensor, training)

    @staticmethod
    def settings(layer: Layer):
        """Return all that the outputs of such a layer depend on."""
        raise NotImplementedError


class RepeatedActivation(Repeated):
    """An activation that another layer has applied to the same tensor."""

    @staticmethod
    def settings(layer: Layer):
        return layer.activation, layer.dtype


class RepeatedPooling(Repeated):
    """A pooling that another layer has applied to the same tensor."""

    @staticmethod
    def settings(layer: Layer):
        return type(layer), layer.window, layer.data_format, layer.dtype
