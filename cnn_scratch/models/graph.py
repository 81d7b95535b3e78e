"""The walk through a graph of layers: forward along the nodes, and backward along the same nodes."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.models.inference_steps import steps_of_inference
from cnn_scratch.models.topology import nodes_between
from cnn_scratch.models.training_steps import steps_of_training
from cnn_scratch.regularizers import activity_gradient, activity_penalty
from cnn_scratch.structure import flatten, flatten_shapes, pack
from cnn_scratch.symbolic import Node, SymbolicTensor

Arrays = Sequence[np.ndarray]


class Graph:
    """The nodes between some symbolic tensors and others, in an order in which they can be computed.

    Args:
        inputs: the tensors that the data takes the place of.
        outputs: the tensors that are wanted.
        nodes: the nodes between them, in order; found by a walk back from the outputs if not given.
    """

    def __init__(
        self,
        inputs: Sequence[SymbolicTensor],
        outputs: Sequence[SymbolicTensor],
        nodes: Sequence[Node] | None = None,
    ):
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.nodes = nodes_between(inputs, outputs) if nodes is None else list(nodes)
        self._no_longer_read = self._find_last_readers()

    def _find_last_readers(self) -> list[list[SymbolicTensor]]:
        """Return, for each node, the tensors that nobody reads after it."""
        seen = set(self.outputs)
        last: list[list[SymbolicTensor]] = []
        for node in reversed(self.nodes):
            fresh = [tensor for tensor in dict.fromkeys(node.tensors + node.outputs) if tensor not in seen]
            seen.update(fresh)
            last.append(fresh)
        return last[::-1]

    @cached_property
    def for_inference(self) -> "Graph":
        """The graph of the same outputs with fewer nodes, for a pass that no ``backward`` will follow."""
        return Graph(self.inputs, self.outputs, steps_of_inference(self.nodes, self.outputs))

    # Walks ------------------------------------------------------------------------------------

    def forward(self, arrays: Arrays, training: bool) -> tuple[list[np.ndarray], Cache]:
        """Return one array per output; and the graph that was walked with a cache per node."""
        graph = Graph(self.inputs, self.outputs, steps_of_training(self.nodes, self.outputs))
        values = dict(zip(self.inputs, arrays, strict=True))
        caches = []
        for node, no_longer_read in zip(graph.nodes, graph._no_longer_read, strict=True):
            outputs, cache = node.layer.forward(node.fill_in(values), training=node.mode(training))
            values.update(zip(node.outputs, flatten(outputs), strict=True))
            # The penalty on a layer's outputs needs them again; other outputs are not kept.
            caches.append((cache, outputs if node.layer.output_penalty else None))
            for tensor in no_longer_read:
                del values[tensor]
        return [values[tensor] for tensor in self.outputs], (graph, caches)

    def infer(self, arrays: Arrays, training: bool) -> list[np.ndarray]:
        """Return one array per output; every other array is freed when its last reader has run."""
        graph = self if training else self.for_inference
        values = dict(zip(graph.inputs, arrays, strict=True))
        for node, no_longer_read in zip(graph.nodes, graph._no_longer_read, strict=True):
            outputs = node.layer.infer(node.fill_in(values), node.mode(training))
            values.update(zip(node.outputs, flatten(outputs), strict=True))
            del outputs
            for tensor in no_longer_read:
                del values[tensor]
        return [values[tensor] for tensor in self.outputs]

    def backward(
        self, grad_outputs: Sequence[np.ndarray | None], cache: Cache, of_inputs: bool
    ) -> list[np.ndarray | None]:
        """Add the gradients of all parameters, and return those of the inputs.

        The gradient of a tensor is the sum over the paths that lead from it to an output. A node from
        which no path leads back to something that learns is never asked for one.

        Args:
            grad_outputs: one per output; ``None`` where the loss does not depend on it.
            cache: what ``forward`` returned.
            of_inputs: whether the gradients of the inputs are wanted.
        """
        graph, caches = cache
        wanted = graph._tensors_that_need_a_gradient(of_inputs)
        gradients = _Sums()
        for tensor, gradient in zip(self.outputs, grad_outputs, strict=True):
            if gradient is not None and tensor in wanted:
                gradients.add(tensor, gradient)
        for node, (node_cache, outputs) in zip(reversed(graph.nodes), reversed(caches), strict=True):
            if node.outputs[0] not in wanted:
                continue
            grads = [gradients.take(tensor) for tensor in node.outputs]
            if outputs is not None:
                # forward: loss += activity_penalty(output_penalty, outputs)
                penalties = [activity_gradient(node.layer.output_penalty, one) for one in flatten(outputs)]
                pairs = zip(grads, penalties, strict=True)
                grads = [penalty if grad is None else grad + penalty for grad, penalty in pairs]
            if all(grad is None for grad in grads):
                continue
            gradient = pack(node.returned, grads)
            if not any(tensor in wanted for tensor in node.tensors):
                node.layer.backward_parameters(gradient, node_cache)
                continue
            grad_inputs = node.layer.backward(gradient, node_cache)
            for argument, grad in zip(flatten(node.arguments), flatten(grad_inputs), strict=True):
                if grad is not None and isinstance(argument, SymbolicTensor) and argument in wanted:
                    gradients.add(argument, grad)
        return [gradients.take(tensor) for tensor in self.inputs]

    def _tensors_that_need_a_gradient(self, of_inputs: bool) -> set[SymbolicTensor]:
        """Return the tensors behind which something learns."""
        wanted = set(self.inputs) if of_inputs else set()
        for node in self.nodes:
            if node.layer.learning_weights or any(tensor in wanted for tensor in node.tensors):
                wanted.update(node.outputs)
        return wanted

    def activity_loss(self, cache: Cache) -> float:
        """Return the sum of the penalties on the outputs of all layers."""
        graph, caches = cache
        total = 0.0
        for node, (node_cache, outputs) in zip(graph.nodes, caches, strict=True):
            total += node.layer.activity_loss(node_cache)
            if outputs is not None:
                total += sum(activity_penalty(node.layer.output_penalty, one) for one in flatten(outputs))
        return total

    def shapes(self, input_shapes: Sequence) -> list:
        """Return the shape of every output, for inputs of these shapes."""
        known: dict[SymbolicTensor, Any] = dict(zip(self.inputs, input_shapes, strict=True))
        for node in self.nodes:
            found = node.layer.compute_output_shape(node.shapes(known))
            known.update(zip(node.outputs, flatten_shapes(found), strict=True))
        return [known[tensor] for tensor in self.outputs]


class _Sums:
    """Gradients that are still growing: one sum per tensor.

    The first gradient of a tensor may be an array that others hold too, so it is never written into;
    the sum of two is an array of our own, and takes the others in place.
    """

    def __init__(self):
        self._sums: dict[SymbolicTensor, np.ndarray] = {}
        self._own: set[SymbolicTensor] = set()

    def add(self, tensor: SymbolicTensor, gradient: np.ndarray) -> None:
        if tensor in self._own:
            self._sums[tensor] += gradient
        elif tensor in self._sums:
            self._sums[tensor] = self._sums[tensor] + gradient
            self._own.add(tensor)
        else:
            self._sums[tensor] = gradient

    def take(self, tensor: SymbolicTensor) -> np.ndarray | None:
        """Return the sum, which is then forgotten; ``None`` if there was nothing to add."""
        return self._sums.pop(tensor, None)
