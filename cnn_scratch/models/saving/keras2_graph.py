"""Graphs as Keras 2 wrote them: calls as lists, and arithmetic as functions of TensorFlow.

::

    {"class_name": "Add", …, "inbound_nodes": [[["conv2d", 0, 0, {}], ["dense", 1, 0, {}]]]}
    {"class_name": "TFOpLambda", "config": {"function": "math.multiply", …}, …,
     "inbound_nodes": [["conv2d", 0, 0, {"y": 0.5, "name": null}]]}
"""

from collections.abc import Callable, Mapping
from typing import Any

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.keras2 import modern_name
from cnn_scratch.models.saving.settings import Unfit, is_number

MODELS = ("Functional", "Sequential", "Model")
OPERATION_MODULES = (
    "keras.layers.core.tf_op_layer",
    "keras.src.layers.core.tf_op_layer",
    "tf_keras.src.layers.core.tf_op_layer",
)

# TensorFlow's functions in a graph: the operations that do the same, and the activations.
ARITHMETIC = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "TrueDivide",
    "math.divide": "Divide",
    "math.pow": "Power",
    "math.negative": "Negative",
    "math.abs": "Absolute",
}
ACTIVATIONS = {
    "nn.relu": "relu",
    "nn.relu6": "relu6",
    "nn.elu": "elu",
    "nn.selu": "selu",
    "nn.softplus": "softplus",
    "nn.softsign": "softsign",
    "math.sigmoid": "sigmoid",
    "math.tanh": "tanh",
    "math.exp": "exponential",
}
SECOND_OPERANDS = ("y", "value")  # under which TensorFlow's functions take it


def modern_graph(settings: dict) -> dict:
    """Return the configuration of a graph as Keras 3 writes it: its calls, and arithmetic as operations.

    Args:
        settings: of a graph model; every entry of ``layers`` has a name and a list of ``inbound_nodes``.

    Raises:
        Unfit: a call is none.
        ModelFileError: a function of TensorFlow that has no counterpart.
    """
    entries = settings["layers"]
    if not any(_is_of_keras_2(call) for entry in entries for call in entry["inbound_nodes"]):
        return settings
    # Every model was born with one call, that of itself. In Keras 3 this counts for graphs at the end only.
    born = {entry["name"]: 1 for entry in entries if entry.get("class_name") in MODELS}
    stacks = {entry["name"]: 1 for entry in entries if entry.get("class_name") == "Sequential"}
    return {
        **settings,
        "layers": [_modern_entry(entry, born) for entry in entries],
        "input_layers": _map(lambda address: _moved(address, {}), settings["input_layers"]),
        "output_layers": _map(lambda address: _moved(address, stacks), settings["output_layers"]),
    }


def _is_of_keras_2(call: Any) -> bool:
    return type(call) is list or (type(call) is dict and "args" not in call)


def _modern_entry(entry: dict, born: Mapping[str, int]) -> dict:
    entry = {**entry, "name": modern_name(entry["name"])}
    if entry.get("class_name") == "TFOpLambda" and entry.get("module") in (None, *OPERATION_MODULES):
        return _operation(entry, born)
    return {**entry, "inbound_nodes": [_call(call, born) for call in entry["inbound_nodes"]]}


def _call(call: Any, born: Mapping[str, int]) -> dict:
    """Return ``[[name, call, output, keywords], …]`` as ``{"args", "kwargs"}``."""
    if not _is_of_keras_2(call):
        return call
    if type(call) is list and len(call) == 1:
        call = call[0]
    ends = [call] if _is_address(call) else list(call.values()) if type(call) is dict else call
    if not ends or not all(_is_address(end) for end in ends):
        raise Unfit(f"Expected the call of a layer as [[name, call, output, {{}}], …]. Received: {call}")
    keywords = [end[3] if len(end) == 4 else {} for end in ends]
    if any(other != keywords[0] for other in keywords):
        raise Unfit(f"Expected the same keywords for all inputs of a call. Received: {call}")
    return {"args": [_map(lambda end: _tensor(end, born), call)], "kwargs": keywords[0]}


def _map(function: Callable, addresses: Any) -> Any:
    """Apply ``function`` to one address, or to each in a list or an object of them."""
    if type(addresses) is dict:
        return {key: _map(function, one) for key, one in addresses.items()}
    if _is_address(addresses) or type(addresses) is not list:
        return function(addresses)
    return [_map(function, one) for one in addresses]


def _moved(address: Any, born: Mapping[str, int]) -> Any:
    """Return an address with the number of the call as it is without the calls in ``born``."""
    if not _is_address(address):
        return address  # whoever reads it says so
    return [modern_name(address[0]), address[1] - born.get(address[0], 0), address[2]]


def _is_address(thing: Any) -> bool:
    return (
        type(thing) is list
        and len(thing) in (3, 4)
        and type(thing[0]) is str
        and type(thing[1]) is type(thing[2]) is int
        and all(type(keywords) is dict for keywords in thing[3:])
    )


def _tensor(address: list, born: Mapping[str, int]) -> dict:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": _moved(address, born)}}


def _operation(entry: dict, born: Mapping[str, int]) -> dict:
    """Return ``x + y`` and the like, which Keras 2 wrote as the call of a function of TensorFlow."""
    config = entry.get("config")
    function = config.get("function") if type(config) is dict else None
    name = entry.get("name")
    if type(function) is not str or (function not in ARITHMETIC and function not in ACTIVATIONS):
        known = ", ".join((*ARITHMETIC, *ACTIVATIONS))
        raise ModelFileError(
            f"Layer '{name}': expected one of these functions of TensorFlow: {known}. Received: {function!r}"
        )
    if function in ACTIVATIONS:
        node = {"module": "keras.layers", "class_name": "Activation"}
        about = {"name": name, "activation": ACTIVATIONS[function], "dtype": config.get("dtype")}
    else:
        node = {"module": "keras.src.ops.numpy", "class_name": ARITHMETIC[function]}
        about = {"name": name}
    calls = [{"args": _operands(call, born), "kwargs": {}} for call in entry["inbound_nodes"]]
    return {**node, "config": about, "registered_name": None, "name": name, "inbound_nodes": calls}


def _operands(call: Any, born: Mapping[str, int]) -> list:
    """Return the operands of ``[name, call, output, {"y": number or address, "name": null}]``."""
    if type(call) is list and len(call) == 1:
        call = call[0]
    is_constant = type(call) is list and len(call) == 4 and call[:2] == ["_CONSTANT_VALUE", -1]
    if not (is_constant or _is_address(call)) or len(call) != 4 or type(call[3]) is not dict:
        raise Unfit(f"Expected the call of a function as [name, call, output, {{}}]. Received: {call}")
    operands = [call[2] if is_constant else _tensor(call, born)]
    keywords = {key: value for key, value in call[3].items() if value is not None}
    for key in SECOND_OPERANDS:
        if key in keywords:
            second = keywords.pop(key)
            operands.append(_tensor(second, born) if _is_address(second) else second)
    keywords.pop("name", None)
    if keywords or not all(type(one) is dict or is_number(one) for one in operands):
        raise Unfit(f"Expected a function of one or two tensors or numbers. Received: {call}")
    return operands
