"""What can be called on symbolic tensors, and remembers the call: the base of every layer and model."""

from collections.abc import Sequence
from typing import Any

from cnn_scratch.naming import auto_name
from cnn_scratch.structure import flatten, is_nested
from cnn_scratch.symbolic import Node, SymbolicTensor


class Operation:
    """A function with a gradient, and with a name by which a graph knows it.

    ``forward(inputs, training)`` returns outputs and a cache, ``backward(grad_outputs, cache)`` the gradients
    of the inputs. A ``Layer`` is an operation with parameters.

    Args:
        name: unique in a model; made from the class's name if not given.

    Raises:
        ValueError: a name that is not a string, or has a ``/``.
    """

    takes_list: bool = False  # whether it is called on a list of inputs
    output_penalty: Any = None  # a regularizer of the outputs
    trainable_weights: Sequence = ()
    learning_weights: Sequence = ()  # those that a model around this one trains

    def __init__(self, name: str | None = None):
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(
                f"Argument `name` must be a string and cannot contain '/'. Received: name={name!r}"
            )
        self.name = name or auto_name(type(self).__name__)
        self.inbound_nodes: list[Node] = []

    def __copy__(self) -> "Operation":
        """Return another one with the very same attributes: it shares all parameters."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Return what a deep copy or a pickle holds: a layer without its calls, a model with its own."""
        return vars(self) | {"inbound_nodes": []}

    def infer(self, inputs: Any, training: bool = False) -> Any:
        """Return the outputs only, for a pass that no backward will follow."""
        outputs, _ = self.forward(inputs, training=training)
        return outputs

    def backward_parameters(self, grad_outputs: Any, cache: Any) -> Any:
        """Add the gradients of the parameters only.

        A model calls this instead of ``backward`` where nobody needs the gradient with respect to the
        inputs: on its first layer, say. Layers for which that saves work override it.
        """
        self.backward(grad_outputs, cache)

    def activity_loss(self, cache: Any) -> float:
        """Return the penalty that lies inside the outputs: 0, unless this is a model."""
        return 0.0

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the symbolic tensors, of no node yet, that stand for the outputs for ``inputs``."""
        raise NotImplementedError

    def call_on_symbols(self, inputs: Any, training: bool | None = None) -> Any:
        """Return symbolic outputs, and remember the call in ``inbound_nodes``."""
        self.check_symbols(inputs)
        node = Node(self, inputs, self.compute_output_spec(inputs), training)
        self.inbound_nodes.append(node)
        return node.returned

    def check_symbols(self, inputs: Any) -> None:
        """Raise unless ``inputs`` are one symbolic tensor, or a list of them if a list is taken."""
        self.check_structure(inputs)
        if not all(isinstance(thing, SymbolicTensor) for thing in flatten(inputs)):
            raise ValueError(
                f"Layer '{self.name}' cannot be called on symbolic tensors and other things at a time. "
                f"Received: {inputs}"
            )

    def check_structure(self, inputs: Any) -> None:
        """Raise if several inputs are given where one is taken, or one where a list is taken."""
        if isinstance(inputs, dict) or is_nested(inputs) != self.takes_list:
            wanted = "a list of inputs" if self.takes_list else "1 input"
            raise ValueError(
                f"Layer '{self.name}' expects {wanted}. Received: {len(flatten(inputs))} in {inputs}"
            )

    @property
    def input(self) -> Any:
        """What it was first called on: a symbolic tensor, or several; an ``AttributeError`` before."""
        return self._first_node("input").arguments

    @property
    def output(self) -> Any:
        """What that call returned."""
        return self._first_node("output").returned

    def _first_node(self, wanted: str) -> Node:
        if not self.inbound_nodes:
            raise AttributeError(
                f"Layer '{self.name}' has no `{wanted}` yet: it was never called on a symbolic tensor."
            )
        return self.inbound_nodes[0]
