"""Sequential: a model whose layers follow one another."""

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cnn_scratch.activation import Activation
from cnn_scratch.fusion import fused
from cnn_scratch.layers import InputLayer, Layer, Reshape
from cnn_scratch.layers.layer import Cache
from cnn_scratch.models.copying import CallList
from cnn_scratch.models.logits import layer_with_logits
from cnn_scratch.models.model import Model
from cnn_scratch.models.ports import Ports
from cnn_scratch.models.saving.serialization import deserialize, serialize
from cnn_scratch.regularizers import activity_gradient, activity_penalty
from cnn_scratch.shapes import Shape, with_last_axis
from cnn_scratch.symbolic import SymbolicTensor


class Sequential(Model):
    """A stack of layers: the outputs of one are the inputs of the next.

    Maths:
        outputs = fₗ(… f₂(f₁(inputs)))

        The chain rule walks back through the same layers in reverse order: what the backward pass
        of a layer returns, ∂loss/∂(its inputs), is ∂loss/∂(the outputs of the layer before).

    Args:
        layers: layers, and possibly an ``Input`` first.
        name: made up if not given.
        trainable: whether an optimizer may change the parameters.

    Raises:
        ValueError: something that is not a layer, or two layers of one name.

    Example:
        >>> from cnn_scratch import Input, layers
        >>> model = Sequential([Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
        >>> model(np.zeros((5, 4))).shape
        (5, 2)
        >>> model.count_params()          # 4·3 + 3  +  3·2 + 2
        23
    """

    def __init__(self, layers: Iterable | None = None, trainable: bool = True, name: str | None = None):
        super().__init__(trainable=trainable, name=name)
        self.input_layer: InputLayer | None = None
        self.layers: list[Layer] = []
        # What stands for the data on its way: of the input, then of the output of each layer.
        self._tensors: list[SymbolicTensor] = []
        for layer in layers or ():
            self.add(layer)

    def add(self, layer) -> None:
        """Put a layer at the end; an ``Input`` or ``InputLayer`` may only be the first.

        Raises:
            ValueError: something that is not a layer, a second input, or a name that another layer has.
        """
        if isinstance(layer, SymbolicTensor):
            layer = layer.layer
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Only layers can be added to a Sequential model. Received: {layer!r} ({type(layer)})"
            )
        if isinstance(layer, InputLayer):
            if self.layers or self.input_layer:
                raise ValueError(f"Sequential model '{self.name}' already has its input. Received: {layer!r}")
            self._begin_with(layer)
            return
        if any(layer.name == other.name for other in self.layers):
            raise ValueError(
                f"All layers of a model should have unique names. Received a second '{layer.name}'"
            )
        if not self.layers and not self.input_layer:
            self._begin_with(_input_of(layer))
        if self._tensors:
            self._tensors.append(layer(self._tensors[-1]))
        self.layers.append(layer)
        self.built = bool(self._tensors)

    def _begin_with(self, layer: InputLayer | None) -> None:
        self.input_layer = layer
        self._tensors = [layer.output] if layer else []

    def pop(self) -> Layer:
        """Take the last layer off and return it.

        Raises:
            ValueError: there is no layer.
        """
        if not self.layers:
            raise ValueError(f"Sequential model '{self.name}' has no layer to pop.")
        self._tensors = self._tensors[:-1] if self.built else []
        return self.layers.pop()

    @property
    def input_ports(self) -> Ports:
        return Ports([self.input_layer.name if self.input_layer else "inputs"])

    @property
    def output_ports(self) -> Ports:
        return Ports([self.layers[-1].name if self.layers else "outputs"])

    @property
    def input(self) -> SymbolicTensor:
        """What it was first called on in another model, as in Keras; before that, its own input."""
        return super().input if self.inbound_nodes else self.inputs[0]

    @property
    def output(self) -> SymbolicTensor:
        """What that call returned; before it, what the last layer returns."""
        return super().output if self.inbound_nodes else self.outputs[0]

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic tensor that the first layer reads: what other models can be made from."""
        self._require_built("input")
        return [self._tensors[0]]

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic tensor that the last layer returns."""
        self._require_built("output")
        return [self._tensors[-1]]

    @property
    def dtype(self) -> str:
        """The dtype in which the first layer computes."""
        return self.layers[0].dtype if self.layers else "float32"

    @dtype.setter
    def dtype(self, value: str) -> None:
        """Ignore what ``Layer.__init__`` sets: the layers have a dtype, their stack has none of its own."""

    @property
    def input_shape(self) -> Shape:
        """The shape of the inputs, (None, …). Known once the model is built."""
        self._require_built("input_shape")
        return self._tensors[0].shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the outputs, (None, …). Known once the model is built."""
        self._require_built("output_shape")
        return self._tensors[-1].shape

    def _require_built(self, wanted: str) -> None:
        if not self.built:
            raise AttributeError(
                f"Sequential model '{self.name}' has no `{wanted}` yet: it must be built first, by an "
                "`Input` as its first element, by `build(input_shape)`, or by calling it on data."
            )

    def __getstate__(self) -> dict[str, Any]:
        tensors = CallList((tensor.node for tensor in self._tensors), *self._tensors)
        return super().__getstate__() | {"_tensors": tensors}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state | {"_tensors": state["_tensors"].make()})

    # The layer contract -----------------------------------------------------------------------

    def build(self, input_shape: Shape | None = None) -> None:
        """Build every layer for inputs of ``input_shape`` (with the batch size, or ``None``, first).

        Raises:
            ValueError: neither a shape nor an ``Input`` was given, or a layer cannot take such inputs.
        """
        if input_shape is None:
            if self.input_layer is None:
                raise ValueError(f"Sequential model '{self.name}' needs an `input_shape` to be built.")
            input_shape = self.input_layer.batch_shape
        if self.input_layer is None:
            self._begin_with(InputLayer(batch_shape=(None, *input_shape[1:]), dtype=self.dtype))
        for layer in self.layers[len(self._tensors) - 1 :]:
            self._tensors.append(layer(self._tensors[-1]))
        self.built = bool(self.layers)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape = tuple(input_shape)
        if self.built:
            shape = with_last_axis(shape, self.input_shape)
            self._check_input_shape(shape)
        for layer in self.layers:
            layer.build_once(shape)
            shape = layer.compute_output_shape(shape)
        return shape

    def _check_input_shape(self, shape: Shape) -> None:
        wanted = (None, *self.input_shape[1:])
        fits = len(shape) == len(wanted) and all(
            expected is None or size == expected for size, expected in zip(shape, wanted, strict=True)
        )
        if not fits:
            raise ValueError(
                f"Input of model '{self.name}' is incompatible with the model: expected shape "
                f"{wanted}. Received: shape {shape}"
            )

    def prepare_inputs(self, inputs) -> np.ndarray:
        inputs = self._as_array(inputs)
        self.build_once(inputs.shape)
        inputs = inputs.reshape(with_last_axis(inputs.shape, self.input_shape))
        self._check_input_shape(inputs.shape)  # every layer checks what it gets itself
        return inputs

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        outputs = self.prepare_inputs(inputs)
        caches = []
        if outputs.ndim != np.ndim(inputs):  # an axis of size 1 more or less; ∂inputs has it as inputs do
            reshape = Reshape(outputs.shape[1:], name="reshape", dtype=self.dtype)
            caches.append((reshape, np.shape(inputs), None))
        for layer in fused(self.layers):
            outputs, cache = layer.forward(outputs, training=training)
            # The penalty on a layer's outputs needs them again; other outputs are not kept.
            caches.append((layer, cache, outputs if layer.output_penalty else None))
        return outputs, caches

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        return self._walk_back(grad_outputs, list(cache), stop=-1)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Walk back to the first layer that has something to train, and no further.

        This uses the cache up: what a layer has read is freed, and its memory serves the layers before it.
        """
        trained = [bool(layer.learning_weights) for layer, _, _ in cache]
        if any(trained):
            self._walk_back(grad_outputs, cache, stop=trained.index(True))

    def _walk_back(self, gradient: np.ndarray, caches: Cache, stop: int) -> Any:
        """Go from the last layer to the first; the one at ``stop`` is the last, and gives no ∂inputs."""
        while caches:
            layer, cache, outputs = caches.pop()
            if outputs is not None:
                # forward: loss += activity_penalty(output_penalty, outputs)
                gradient = gradient + activity_gradient(layer.output_penalty, outputs)
            if len(caches) == stop:
                return layer.backward_parameters(gradient, cache)
            gradient = layer.backward(gradient, cache)
        return gradient

    def activity_loss(self, cache: Cache) -> float:
        """Return the sum of the penalties on the outputs of all layers."""
        total = 0.0
        for layer, layer_cache, outputs in cache:
            total += layer.activity_loss(layer_cache)
            if outputs is not None:
                total += activity_penalty(layer.output_penalty, outputs)
        return total

    def infer(self, inputs: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the outputs and keep no cache, so that no layer's activations outlive it."""
        outputs = self.prepare_inputs(inputs)
        for layer in fused(self.layers):
            outputs = layer.infer(outputs, training)
        return outputs

    def with_logits(self, wanted: Sequence[str | None]) -> tuple["Sequential", list[Activation | None]]:
        last, left_out = layer_with_logits(self.layers[-1], wanted[0])
        if left_out is None:
            return self, [None]
        twin = copy.copy(self)
        twin.layers = self.layers[:-1] + ([last] if last else [])
        return twin, [left_out]

    # Configuration ----------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        policy = super().get_config()["dtype"]
        first = [self.input_layer] if self.input_layer else []
        config = {"name": self.name, "trainable": self.trainable, "dtype": policy}
        config["layers"] = [serialize(layer) for layer in first + self.layers]
        if self.built:
            config["build_input_shape"] = list(self.input_shape)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> "Sequential":
        model = cls(
            [deserialize(node, custom_objects) for node in config["layers"]],
            config.get("trainable", True),
            config.get("name"),
        )
        if not model.built and config.get("build_input_shape"):
            model.build(tuple(config["build_input_shape"]))
        return model


def _input_of(layer: Layer) -> InputLayer | None:
    """Return the input that the first layer of a stack implies, if it implies one."""
    if layer.declared_input_shape is not None:
        return InputLayer(layer.declared_input_shape, dtype=layer.dtype)
    if isinstance(layer, Model) and layer.built:
        return InputLayer(batch_shape=layer.input_shape, dtype=layer.dtype)
    return None
