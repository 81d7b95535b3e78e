"""``clone_model``: the same network of layers that are made anew."""

import copy
from collections.abc import Callable
from typing import Any

from cnn_scratch.layers import InputLayer, Layer
from cnn_scratch.models.functional import Functional
from cnn_scratch.models.own_graph import is_made_of_a_graph
from cnn_scratch.models.sequential import Sequential
from cnn_scratch.operation import Operation
from cnn_scratch.structure import flatten, map_as_given, map_structure
from cnn_scratch.symbolic import SymbolicTensor


def clone_model(
    model,
    input_tensors: None = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: None = None,
    recursive: bool = False,
):
    """Return a model of layers like those of ``model``, with weights of their own, newly initialized.

    It is compiled as ``model`` is, with an optimizer that has made no step. A layer that is frozen is so in
    the clone. The clone of a graph is not frozen itself: it learns what its layers let it learn, as in Keras.
    If your own class makes its layers in ``__init__``, the clone is a plain ``Model``, as in Keras.

    Args:
        model: a ``Sequential`` or a graph.
        input_tensors: of Keras; only ``None`` is possible. Call the clone on the tensors.
        clone_function: given each layer but the inputs, returns the one that takes its place; by default one
            that is made from its configuration.
        call_function: of Keras; only ``None`` is possible.
        recursive: whether the models inside are cloned in the same way, instead of being given to
            ``clone_function``.

    Raises:
        ValueError: ``model`` is no model, ``clone_function`` returns no layer, the layers do not fit together
            any more, or something is given that is not possible.

    Example:
        All layers of a network in double precision:

        >>> from cnn_scratch import Input, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")])
        >>> def double(layer):
        ...     return layer.from_config(layer.get_config() | {"dtype": "float64"})
        >>> [layer.dtype for layer in clone_model(model, clone_function=double).layers]
        ['float64', 'float64']
    """
    for name, given in (("input_tensors", input_tensors), ("call_function", call_function)):
        if given is not None:
            raise ValueError(f"`clone_model` expected {name}=None. Received: {name}={given!r}")
    return _Clones(clone_function, recursive).of_model(model)


class _Clones:
    """The clone of each layer, one for all its calls."""

    def __init__(self, clone_function: Callable[[Layer], Layer] | None, recursive: bool):
        self._clone_function, self._recursive = clone_function, recursive
        self._known: dict[int, Any] = {}

    def of_model(self, model) -> Any:
        """Return the clone of a model, compiled as it is."""
        clone = self.of_layers(model, trainable=not isinstance(model, Sequential) or model.trainable)
        if model.compiled:
            optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
            clone.compile(optimizer, **copy.deepcopy(model.trainer.given))
            clone.reset_metrics()
        return clone

    def of_layers(self, model, trainable: bool) -> Any:
        """Return the same network of clones, not compiled."""
        if isinstance(model, Sequential):
            return self._stack(model, trainable)
        if isinstance(model, Functional):
            return self._graph(model, trainable)
        raise ValueError(
            f"Expected `model` to be a Sequential or a graph of layers. Received: model={model!r}"
        )

    def _stack(self, model: Sequential, trainable: bool) -> Sequential:
        first = [self.of(model.input_layer)] if model.input_layer else []
        clone = Sequential([*first, *map(self.of, model.layers)], trainable, model.name)
        if model.built and not clone.built:
            clone.build(model.input_shape)
        return clone

    def _graph(self, model: Functional, trainable: bool) -> Functional:
        made = {tensor: self.of(tensor.layer).output for tensor in model.inputs}
        for node in model.graph.nodes:
            arguments = map_structure(
                lambda thing: made[thing] if isinstance(thing, SymbolicTensor) else thing, node.arguments
            )
            outputs = self.of(node.layer).call_on_symbols(arguments, node.training)
            made.update(zip(node.outputs, flatten(outputs), strict=True))
        ends = (map_as_given(made.__getitem__, end) for end in (model.input, model.output))
        kind = type(model) if is_made_of_a_graph(type(model)) else Functional
        return kind(*ends, name=model.name, **({} if trainable else {"trainable": False}))

    def of(self, layer: Operation) -> Any:
        """Return the clone of a layer, or of an operation."""
        if id(layer) not in self._known:
            self._known[id(layer)] = self._make(layer)
        return self._known[id(layer)]

    def _make(self, layer: Operation) -> Any:
        if not isinstance(layer, Layer):
            return copy.deepcopy(layer)  # it has no parameters
        if hasattr(layer, "layers") and self._recursive:
            return self.of_model(layer)  # which may share layers with others
        makes_its_layers = hasattr(layer, "graph") and not is_made_of_a_graph(type(layer))
        if hasattr(layer, "layers") and self._clone_function is None and not makes_its_layers:
            return _Clones(None, False).of_layers(layer, layer.trainable)  # what its configuration says
        if self._clone_function is None or isinstance(layer, InputLayer):
            return type(layer).from_config(layer.get_config())
        clone = self._clone_function(layer)
        if not isinstance(clone, Layer):
            raise ValueError(
                f"Expected `clone_function` to return a layer for {layer!r}. Received: {clone!r}"
            )
        return clone
