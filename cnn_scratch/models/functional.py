"""Functional: a model whose layers form a graph."""

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from cnn_scratch.activation import Activation
from cnn_scratch.layers import InputLayer, Layer
from cnn_scratch.layers.layer import Cache
from cnn_scratch.models.copying import CallList
from cnn_scratch.models.functional_config import graph_config, graph_from_config
from cnn_scratch.models.graph import Graph
from cnn_scratch.models.logits import graph_with_logits
from cnn_scratch.models.model import Model
from cnn_scratch.models.own_graph import is_made_of_a_graph, made_of_arguments
from cnn_scratch.models.ports import Ports
from cnn_scratch.models.saving.nodes import as_json
from cnn_scratch.models.saving.serialization import deserialize
from cnn_scratch.models.topology import (
    in_order_of_calls,
    nodes_between,
    operations_in_order,
    read_instead,
)
from cnn_scratch.models.training import unwrap
from cnn_scratch.shapes import Shape, with_last_axis
from cnn_scratch.structure import flatten, flatten_shapes, map_as_given
from cnn_scratch.symbolic import SymbolicTensor


class Functional(Model):
    """Layers that form a graph: with several inputs or outputs, short cuts, and layers used twice.

    ``Model(inputs, outputs)`` makes one, as in Keras.

    Maths:
        Each layer is a function of what it reads. If the outputs y of one are read by several others,
        each gives back its own part of ∂loss/∂y, and the whole is their sum::

            ∂loss/∂y = Σ over the readers f of y:  ∂loss/∂f · ∂f/∂y

        The backward pass meets every layer after all its readers: it is the forward pass in reverse.

    Args:
        inputs: what ``Input`` returned, or a list, tuple or dictionary of such; also a tensor from the
            middle of another model, which then begins here.
        outputs: what layers returned, in the same forms.
        name: made up if not given.
        trainable: whether an optimizer may change the parameters, in a training of this very model. The
            layers stay as they are; ``model.trainable = False`` freezes them, too.
        dtype: not used, since each layer has its own. Configurations of your own classes contain it.

    Raises:
        ValueError: something that is no symbolic tensor, outputs that need more than the inputs, or
            two layers of one name.

    Example:
        Two pictures go through the same layer, and the model says how far apart they are.

        >>> from cnn_scratch import Input, layers
        >>> a, b = Input((4,), name="a"), Input((4,), name="b")
        >>> encoder = layers.Dense(3)
        >>> model = Model([a, b], encoder(a) - encoder(b))
        >>> model.predict({"a": np.ones((2, 4)), "b": np.ones((2, 4))})
        array([[0., 0., 0.],
               [0., 0., 0.]], dtype=float32)
    """

    def __init__(
        self, inputs, outputs, name: str | None = None, *, trainable: bool | None = True, dtype=None
    ):
        inputs = _unwrapped(inputs)
        _check_tensors(inputs, "inputs")
        _check_tensors(outputs, "outputs")
        super().__init__(trainable=trainable is not False, name=name)
        inputs, outputs = _begin_with_input_layers(inputs, outputs)
        self._inputs, self._outputs = inputs, outputs
        self._input_ports, self._output_ports = _ports(inputs), _ports(outputs)
        nodes = nodes_between(flatten(inputs), flatten(outputs))
        self.graph = Graph(flatten(inputs), flatten(outputs), in_order_of_calls(nodes))
        self.operations = operations_in_order(nodes, self.inputs, self.outputs)
        self.layers = [one for one in self.operations if isinstance(one, Layer)]
        self.built = True

    def __reduce__(self):
        calls = CallList((*(t.node for t in self.inputs), *self.graph.nodes), self._inputs, self._outputs)
        state = {key: value for key, value in vars(self).items() if key not in OF_THE_GRAPH}
        return _made_again, (type(self), calls), state

    # What goes in and what comes out ----------------------------------------------------------

    @property
    def input(self) -> Any:
        """The symbolic inputs, in the form in which they were given."""
        return self._inputs

    @property
    def output(self) -> Any:
        """The symbolic outputs, in the form in which they were given."""
        return self._outputs

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs in a list."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs in a list."""
        return self.graph.outputs

    @property
    def input_names(self) -> list[str]:
        """The names of the layers of the inputs."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers of the outputs."""
        return [tensor.name for tensor in self.outputs]

    @property
    def input_ports(self) -> Ports:
        return self._input_ports

    @property
    def output_ports(self) -> Ports:
        return self._output_ports

    @property
    def input_shape(self) -> Any:
        """The shape of the inputs; of several in a list, as in Keras."""
        return unwrap([tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the outputs; of several in a list, as in Keras."""
        return unwrap([tensor.shape for tensor in self.outputs])

    @property
    def dtype(self) -> str:
        """The dtype of the first output."""
        return self.outputs[0].dtype

    @dtype.setter
    def dtype(self, value: str) -> None:
        """Ignore what ``Layer.__init__`` sets: the layers have a dtype, the model has none of its own."""

    # The layer contract -----------------------------------------------------------------------

    def call_on_symbols(self, inputs, training: bool | None = None):
        # In the order and the form of the model's own inputs, so that gradients come back in it.
        in_order = self.input_ports.given(inputs)
        return super().call_on_symbols(self.input_ports.pack(in_order), training)

    def check_symbols(self, inputs) -> None:
        _check_tensors(inputs, "inputs")

    def compute_output_spec(self, inputs):
        shapes = self._output_shapes([tensor.shape for tensor in flatten(inputs)])
        dtypes = [tensor.dtype for tensor in self.outputs]
        return self.output_ports.pack([SymbolicTensor(*pair) for pair in zip(shapes, dtypes, strict=True)])

    def compute_output_shape(self, input_shape: Shape) -> Any:
        return self.output_ports.pack(self._output_shapes(flatten_shapes(input_shape)))

    def _output_shapes(self, input_shapes: Sequence[Shape]) -> list:
        wanted = (tensor.shape for tensor in self.inputs)
        return self.graph.shapes([with_last_axis(*pair) for pair in zip(input_shapes, wanted, strict=True)])

    def prepare_inputs(self, inputs) -> list[np.ndarray]:
        """Return one array per input, with the dtype and the number of axes that it wants."""
        arrays = []
        for tensor, given in zip(self.inputs, self.input_ports.in_order(inputs), strict=True):
            array = np.asarray(given)
            array = array.reshape(with_last_axis(array.shape, tensor.shape))
            arrays.append(tensor.layer.prepare_inputs(array))
        return arrays

    def forward(self, inputs, training: bool = False) -> tuple[Any, Cache]:
        arrays = self.prepare_inputs(inputs)
        outputs, caches = self.graph.forward(arrays, training)
        shapes = [np.shape(given) for given in self.input_ports.in_order(inputs)]
        return self.output_ports.pack(outputs), (caches, shapes)

    def infer(self, inputs, training: bool = False) -> Any:
        """Return the outputs and keep no cache, so that no layer's activations outlive their readers."""
        return self.output_ports.pack(self.graph.infer(self.prepare_inputs(inputs), training))

    def backward(self, grad_outputs, cache: Cache) -> Any:
        """Add the gradients of all parameters; return ∂loss/∂inputs in the form of the inputs.

        Args:
            grad_outputs: in the form of the outputs; ``None`` for one that the loss does not depend on.
            cache: what ``forward`` returned.
        """
        caches, shapes = cache
        grads = self.graph.backward(self._grads_in_order(grad_outputs), caches, of_inputs=True)
        return self.input_ports.pack(
            [
                np.zeros(shape, self.dtype) if grad is None else grad.reshape(shape)
                for grad, shape in zip(grads, shapes, strict=True)
            ]
        )

    def backward_parameters(self, grad_outputs, cache: Cache) -> None:
        """Add the gradients of the parameters, and walk only the paths that lead to one that learns."""
        caches, _ = cache
        if self.learning_weights:
            self.graph.backward(self._grads_in_order(grad_outputs), caches, of_inputs=False)

    def _grads_in_order(self, grad_outputs) -> list:
        return self.output_ports.in_order(grad_outputs, "gradients")

    def activity_loss(self, cache: Cache) -> float:
        """Return the sum of the penalties on the outputs of all layers."""
        caches, _ = cache
        return self.graph.activity_loss(caches)

    def with_logits(self, wanted: Sequence[str | None]) -> tuple["Functional", list[Activation | None]]:
        graph, left_out = graph_with_logits(self.graph, wanted)
        if graph is self.graph:
            return self, left_out
        twin = copy.copy(self)
        twin.graph = graph
        return twin, left_out

    # Configuration ----------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the graph; for a class that makes its layers itself only what any layer has, as in Keras."""
        if not is_made_of_a_graph(type(self)):
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable} | graph_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> "Functional":
        if not (set(config) >= GRAPH and is_made_of_a_graph(cls)):
            return made_of_arguments(cls, config)
        make_layer = partial(deserialize, custom_objects=custom_objects)
        ends = {key: config[key] for key in ("input_layers", "output_layers")}  # a tuple stays one
        inputs, outputs = graph_from_config(as_json(config) | ends, make_layer)
        others = {key: value for key, value in config.items() if key not in GRAPH}
        return cls(inputs=inputs, outputs=outputs, **others)


GRAPH = {"layers", "input_layers", "output_layers"}  # in a configuration
# What ``Functional.__init__`` makes of the inputs and outputs.
OF_THE_GRAPH = {"graph", "operations", "layers", "inbound_nodes"}
OF_THE_GRAPH |= {"_inputs", "_outputs", "_input_ports", "_output_ports"}


def _made_again(cls: type[Functional], calls: CallList) -> Functional:
    """Return a model of a graph, for a deep copy or from a pickle, which adds all else."""
    model = cls.__new__(cls)
    Functional.__init__(model, *calls.make(), name="copy")
    return model


def _unwrapped(inputs):
    """Return ``model.inputs`` for ``[model.inputs]``, which stands in many programs for Keras."""
    while isinstance(inputs, list) and len(inputs) == 1 and isinstance(inputs[0], list):
        (inputs,) = inputs
    return inputs


def _check_tensors(given, argument: str) -> None:
    wrong = [one for one in flatten(given) if not isinstance(one, SymbolicTensor)]
    if wrong or not flatten(given):
        raise ValueError(
            f"All `{argument}` must be symbolic tensors: what `Input` returns, or a layer that was called on "
            f"one; or a list, a tuple or a dictionary of them. Received: {argument}={given}"
        )


def _ports(structure) -> Ports:
    names = sorted(structure) if isinstance(structure, dict) else [one.name for one in flatten(structure)]
    return Ports(names, structure)


def _begin_with_input_layers(inputs, outputs) -> tuple[Any, Any]:
    """Return the same graph beginning with inputs of its own where it began in the middle of another."""
    flat = flatten(inputs)
    replaced = {
        tensor: InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype).output
        for tensor in flat
        if not isinstance(tensor.layer, InputLayer)
    }
    if replaced:
        for node in read_instead(nodes_between(flat, flatten(outputs)), replaced):
            node.layer.inbound_nodes.append(node)
        inputs, outputs = (map_as_given(lambda one: replaced.get(one, one), s) for s in (inputs, outputs))
    return tuple(map_as_given(lambda one: one, structure) for structure in (inputs, outputs))
