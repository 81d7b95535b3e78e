"""The graph of a model as Keras writes it into a configuration, and back.

Every layer is a node of ``serialization.py`` with its ``name`` and its calls, ``inbound_nodes``. A tensor is
named by what made it: [name of the layer, number of the call, number of the output]::

    {"class_name": "Dense", "config": {…}, "name": "dense", "inbound_nodes": [
        {"args": [{"class_name": "__keras_tensor__",
                   "config": {"shape": [null, 4], "dtype": "float32", "keras_history": ["input", 0, 0]}}],
         "kwargs": {}}]}
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnn_scratch.arithmetic import Arithmetic
from cnn_scratch.indexing import GetItem
from cnn_scratch.layers import (
    AlphaDropout,
    BatchNormalization,
    CenterCrop,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Resizing,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
)
from cnn_scratch.models.saving.serialization import deserialize, serialize
from cnn_scratch.operation import Operation
from cnn_scratch.serialization import array_of, is_array, without_numpy
from cnn_scratch.structure import flatten, is_nested, map_as_given, map_structure
from cnn_scratch.symbolic import Node, SymbolicTensor

Config = dict[str, Any]

# What Keras notes, asked for or not, in every call of a layer whose ``call`` has a default mode. It means
# nothing: there and here the layer runs in the mode of the model.
RANDOM = (AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D)
OF_IMAGES = (CenterCrop, RandomBrightness, RandomContrast, RandomCrop, RandomFlip, RandomRotation)
OF_IMAGES += (RandomTranslation, RandomZoom, Resizing)
NOTED_MODES = dict.fromkeys(RANDOM, False) | dict.fromkeys(OF_IMAGES, True)
# The layers that could take masks. Keras notes that their inputs have none.
TAKE_MASKS = (BatchNormalization, GlobalAveragePooling1D, Softmax)


def graph_config(model) -> Config:
    """Return ``layers``, ``input_layers`` and ``output_layers`` of a ``Functional``."""
    numbers = _number_the_calls(model)

    def address(tensor: SymbolicTensor, offset: int = 0) -> list:
        return [tensor.name, numbers[tensor.node] + offset, tensor.index]

    def end(tensor: SymbolicTensor) -> list:
        # In Keras a graph model is born with one call, that of itself; here alone it is counted.
        return address(tensor, offset=1 if hasattr(tensor.layer, "graph") else 0)

    return {
        "layers": [_operation_config(one, numbers, address) for one in model.operations],
        "input_layers": map_as_given(end, model.input),
        "output_layers": map_as_given(end, model.output),
    }


def _number_the_calls(model) -> dict[Node, int]:
    """Return the number of each call among those of its layer that belong to this model."""
    inside = {*model.graph.nodes, *(tensor.node for tensor in model.inputs)}
    return {
        node: number
        for operation in model.operations
        for number, node in enumerate(node for node in operation.inbound_nodes if node in inside)
    }


def _operation_config(operation: Operation, numbers: Mapping[Node, int], address: Callable) -> Config:
    """Return the entry of a layer: its class and arguments, its name, and its calls in this model.

    Args:
        operation: the layer.
        numbers: the calls in this model.
        address: returns the address of a tensor.
    """

    def argument(thing):
        if isinstance(thing, SymbolicTensor):
            about = {"shape": list(thing.shape), "dtype": thing.dtype, "keras_history": address(thing)}
            return {"class_name": "__keras_tensor__", "config": about}
        if isinstance(thing, np.ndarray):
            return without_numpy(thing)
        return thing

    calls = []
    for node in operation.inbound_nodes:
        if node in numbers and node.tensors:
            arguments = map_structure(argument, node.arguments)
            args = arguments if isinstance(operation, Arithmetic) else [arguments]
            if isinstance(operation, GetItem):
                args.append([_part_config(part) for part in operation.key])
            calls.append({"args": args, "kwargs": _keywords(node)})
    return serialize(operation) | {"name": operation.name, "inbound_nodes": calls}


def _part_config(part: Any) -> Any:
    """Return a part of the key of an indexing: an integer or ``None`` as it is, others as Keras has them."""
    if part is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(part, slice):
        return {
            "class_name": "__slice__",
            "config": {"start": part.start, "stop": part.stop, "step": part.step},
        }
    return part


def _keywords(node: Node) -> Config:
    mode = NOTED_MODES.get(type(node.layer)) if node.training is None else node.training
    if mode is not None:
        return {"training": mode}
    takes_masks = isinstance(node.layer, TAKE_MASKS) or hasattr(node.layer, "layers")
    return {"mask": map_structure(lambda _: None, node.arguments)} if takes_masks else {}


# Reading ------------------------------------------------------------------------------------------


def graph_from_config(
    config: Config, make_layer: Callable[[Config], Operation] = deserialize
) -> tuple[Any, Any]:
    """Return the symbolic inputs and outputs of the graph that a configuration describes.

    Args:
        config: what ``graph_config`` or Keras wrote.
        make_layer: returns the layer of an entry of ``config["layers"]``.

    Raises:
        ValueError: the configuration is malformed, names a class that is not known, or its calls read
            each other in a circle.
    """
    made: dict[str, Operation] = {}
    waiting: list[tuple[Operation, list[Config]]] = []
    for entry in _field(config, "layers", list):
        operation = make_layer(entry)
        name = _field(entry, "name", str)
        if name in made:
            raise ValueError(f"Expected layers with unique names. Received a second '{name}'")
        made[name] = operation
        waiting.append((operation, list(_field(entry, "inbound_nodes", list))))
    _make_the_calls(waiting, made)

    def end(address):
        name, call, output = _check_address(address, made)
        return _output(made[name], call - 1 if hasattr(made[name], "graph") else call, output)

    return tuple(
        _map_addresses(end, _field(config, key, list | tuple | dict))
        for key in ("input_layers", "output_layers")
    )


def _make_the_calls(waiting: list[tuple[Operation, list[Config]]], made: Mapping[str, Operation]) -> None:
    """Call every layer as often as its entry says, each time as soon as what it reads is there."""
    queues = [(operation, deque(calls)) for operation, calls in waiting]
    ready = deque(queues)
    readers: dict[tuple, list] = {}  # (layer, call) → whose next call reads it
    missing: dict[Operation, int] = {}  # how many tensors the next call of a layer still lacks
    while ready:
        operation, calls = ready.popleft()
        while calls and not missing.get(operation):
            lacking = {(a[0], a[1]) for a in _addresses(calls[0], made) if not _is_there(made, a)}
            missing[operation] = len(lacking)
            for address in lacking:
                readers.setdefault(address, []).append((operation, calls))
            if lacking:
                break
            _call(operation, calls.popleft(), made)
            for reader in readers.pop((operation.name, len(operation.inbound_nodes) - 1), ()):
                missing[reader[0]] -= 1
                if not missing[reader[0]]:
                    ready.append(reader)
    if left := [operation.name for operation, calls in queues if calls]:
        raise ValueError(
            "Invalid Functional model configuration: the graph has loops or disconnected nodes. "
            f"The calls of these layers could not be made: {left}"
        )


def _call(operation: Operation, call: Config, made: Mapping[str, Operation]) -> None:
    """Make a call that an entry describes; all that it reads has been made."""

    def argument(thing):
        if _is_tensor(thing):
            return _output(made[_address(thing)[0]], *_address(thing)[1:])
        return array_of(thing) if is_array(thing) else thing

    args = _field(call, "args", list)
    keywords = _field(call, "kwargs", dict)
    unknown = {key: value for key, value in keywords.items() if key != "training" and _holds_something(value)}
    if unknown:
        raise ValueError(
            f"Layer '{operation.name}' cannot be called with {unknown}. Expected: only `training`"
        )
    if isinstance(operation, Arithmetic):
        operation(*map_structure(argument, args))
        return
    if isinstance(operation, GetItem) and len(args) == 2:
        operation(argument(args[0]), _key(args[1]))
        return
    if len(args) != 1:
        raise ValueError(f"Layer '{operation.name}' expects one argument. Received: {len(args)}")
    inputs = argument(args[0]) if _is_tensor(args[0]) else map_structure(argument, args[0])
    mode = keywords.get("training")
    operation(inputs, training=None if mode is NOTED_MODES.get(type(operation)) else mode)


def _holds_something(value) -> bool:
    return any(one is not None for one in flatten(value))


def _addresses(call: Config, made: Mapping[str, Operation]) -> list[list]:
    """Return the addresses of all tensors that a call reads."""
    things = _field(call, "args", list)
    # One level more, for the list or dictionary of tensors that a layer of several inputs reads.
    things = [
        inner
        for thing in things
        for inner in ([thing] if _is_tensor(thing) or not is_nested(thing) else flatten(thing))
    ]
    return [_check_address(_address(thing), made) for thing in things if _is_tensor(thing)]


def _is_tensor(thing: Any) -> bool:
    return isinstance(thing, dict) and thing.get("class_name") == "__keras_tensor__"


def _address(tensor: Config) -> Any:
    return _field(_field(tensor, "config", dict), "keras_history", list)


def _check_address(address: Any, made: Mapping[str, Operation]) -> list:
    is_one = isinstance(address, list | tuple) and len(address) == 3 and isinstance(address[0], str)
    if not is_one or not all(type(number) is int and number >= 0 for number in address[1:]):
        raise ValueError(
            "Expected the address of a tensor as [name of a layer, number of its call, number of the "
            f"output]. Received: {address}"
        )
    if address[0] not in made:
        raise ValueError(f"Unknown layer: '{address[0]}'. Expected one of: {', '.join(made)}")
    return list(address)


def _is_there(made: Mapping[str, Operation], address: list) -> bool:
    return address[1] < len(made[address[0]].inbound_nodes)


def _output(operation: Operation, call: int, output: int) -> SymbolicTensor:
    calls = operation.inbound_nodes
    if not 0 <= call < len(calls) or output >= len(calls[call].outputs):
        raise ValueError(
            f"Layer '{operation.name}' has no output {output} of call {call}. "
            f"Expected: one of {[len(node.outputs) for node in calls]} outputs per call"
        )
    return calls[call].outputs[output]


def _map_addresses(function: Callable, addresses: Any) -> Any:
    """Apply ``function`` to one address, or to each in a list or dictionary of them."""
    is_one = isinstance(addresses, list) and len(addresses) == 3 and isinstance(addresses[0], str)
    return function(addresses) if is_one else map_as_given(function, addresses)


def _key(config: Any) -> Any:
    """Return the key of an indexing from what ``_part_config`` or Keras wrote."""
    return tuple(_part(part) for part in (config if isinstance(config, list) else [config]))


def _part(config: Any) -> Any:
    if not isinstance(config, dict):
        return config
    about = _field(config, "config", dict)
    if config.get("class_name") == "__ellipsis__":
        return Ellipsis
    if config.get("class_name") == "__slice__":
        return slice(*(about.get(end) for end in ("start", "stop", "step")))
    raise ValueError(f"Expected an integer, a slice or an ellipsis as an index. Received: {config}")


def _field(config: Any, key: str, kind) -> Any:
    """Return ``config[key]``, or raise if it is not there or of another kind."""
    if not isinstance(config, dict) or not isinstance(config.get(key), kind):
        received = config.get(key) if isinstance(config, dict) else config
        raise ValueError(
            f"Invalid model configuration: expected '{key}' to be a {getattr(kind, '__name__', kind)}. "
            f"Received: {received!r}"
        )
    return config[key]
