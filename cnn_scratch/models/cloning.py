"""``clone_model``: the same network of layers that are made anew."""

import copy
from collections.abc import Callable
from typing import Any

from cnn_scratch.layers import InputLayer, Layer
from cnn_scratch.models.functional import Functional
from cnn_scratch.models.sequential import Sequential
from cnn_scratch.operation import Operation
from cnn_scratch.structure import flatten, map_structure
from cnn_scratch.symbolic import SymbolicTensor


def clone_model(model, clone_function: Callable[[Layer], Layer] | None = None, recursive: bool = False):
    """Return a model of layers like those of ``model``, with weights of their own, newly initialized.

    Args:
        model: a ``Sequential`` or a graph.
        clone_function: given each layer but the inputs, returns the one that takes its place; by default one
            that is made from its configuration.
        recursive: whether the models inside are cloned in the same way, instead of being given to
            ``clone_function``.

    Raises:
        ValueError: ``model`` is no model, or its layers do not fit together any more.

    Example:
        All layers of a network in double precision:

        >>> from cnn_scratch import Input, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")])
        >>> def double(layer):
        ...     return layer.from_config(layer.get_config() | {"dtype": "float64"})
        >>> [layer.dtype for layer in clone_model(model, double).layers]
        ['float64', 'float64']
    """
    clones = _Clones(clone_function, recursive)
    if isinstance(model, Sequential):
        first = [clones.of(model.input_layer)] if model.input_layer else []
        clone = Sequential([*first, *map(clones.of, model.layers)], model.trainable, model.name)
        if model.built and not clone.built:
            clone.build(model.input_shape)
        return clone
    if not isinstance(model, Functional):
        raise ValueError(
            f"Expected `model` to be a Sequential or a graph of layers. Received: model={model!r}"
        )
    made = {tensor: clones.of(tensor.layer).output for tensor in model.inputs}
    for node in model.graph.nodes:
        arguments = map_structure(
            lambda thing: made[thing] if isinstance(thing, SymbolicTensor) else thing, node.arguments
        )
        outputs = clones.of(node.layer).call_on_symbols(arguments, node.training)
        made.update(zip(node.outputs, flatten(outputs), strict=True))
    ends = (map_structure(made.__getitem__, end) for end in (model.input, model.output))
    return Functional(*ends, name=model.name, trainable=model.trainable)


class _Clones:
    """The clone of each layer, one for all its calls."""

    def __init__(self, clone_function: Callable[[Layer], Layer] | None, recursive: bool):
        self._clone_function, self._recursive = clone_function, recursive
        self._known: dict[int, Any] = {}

    def of(self, layer: Operation) -> Any:
        """Return the clone of a layer, or of an operation."""
        if id(layer) not in self._known:
            self._known[id(layer)] = self._make(layer)
        return self._known[id(layer)]

    def _make(self, layer: Operation) -> Any:
        if not isinstance(layer, Layer):
            return copy.deepcopy(layer)  # it has no parameters
        if hasattr(layer, "layers") and (self._recursive or self._clone_function is None):
            return clone_model(layer, self._clone_function, self._recursive)
        if self._clone_function is None or isinstance(layer, InputLayer):
            return type(layer).from_config(layer.get_config())
        return self._clone_function(layer)
