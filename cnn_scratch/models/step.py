"""Step: a node in place of others, in a graph that is walked instead of the model's own."""

from cnn_scratch.symbolic import Node


class Step(Node):
    """A node that makes the outputs of another one, in its own way.

    Args:
        layer: something with ``infer``.
        arguments: what it reads.
        node: the other one.
    """

    def __init__(self, layer, arguments, node: Node):
        super().__init__(layer, arguments, node.returned, node.training)
        self.outputs, self.returned = node.outputs, node.returned
