"""Objects as plain dictionaries, in Keras's format, and back.

Every initializer, regularizer, loss, metric, optimizer and layer can be written as a *node*::

    {"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": 7}, "registered_name": None}

Reading a node never imports or runs anything that the node names: the class is looked up in a
closed table of this package's own classes, and among those that the program has registered.
"""

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from cnn_scratch.naming import to_snake_case
from cnn_scratch.registration import get_registered_object, own_class


def class_table(*classes: type, aliases: Mapping[str, type] | None = None) -> dict[str, type]:
    """Return the classes under their name, their snake-case name and any further ``aliases``."""
    table = {cls.__name__: cls for cls in classes}
    table.update({to_snake_case(cls.__name__): cls for cls in classes})
    return table | dict(aliases or {})


def serialize_object(module: str, obj: Any) -> dict | None:
    """Return ``obj`` as a node.

    Args:
        module: Keras's public module of the class, for example ``"keras.initializers"``.
        obj: an object with ``get_config()``, or ``None``.

    Raises:
        ValueError: ``obj`` has no ``get_config()`` (a plain function, say).
    """
    if obj is None:
        return None
    if not hasattr(obj, "get_config"):
        raise ValueError(f"Cannot serialize an object without a `get_config()` method. Received: {obj!r}")
    about = own_class(type(obj)) or {"module": module, "registered_name": None}
    return {
        "module": about["module"],
        "class_name": type(obj).__name__,
        "config": without_numpy(obj.get_config()),
        "registered_name": about["registered_name"],
    }


def without_numpy(config: Any) -> Any:
    """Return a configuration as JSON can hold it: NumPy's numbers as Python's, arrays as Keras's nodes."""
    if isinstance(config, dict):
        return {key: without_numpy(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        parts = [without_numpy(value) for value in config]
        return tuple(parts) if isinstance(config, tuple) else parts
    if isinstance(config, np.ndarray) and config.ndim:
        return {"class_name": "__numpy__", "config": {"value": config.tolist(), "dtype": config.dtype.name}}
    return config.item() if isinstance(config, np.generic | np.ndarray) else config


def is_array(thing: Any) -> bool:
    """Return whether a part of a configuration is Keras's node for an array."""
    return isinstance(thing, dict) and thing.get("class_name") in ("__numpy__", "__tensor__")


def array_of(node: dict) -> np.ndarray:
    """Return the array in Keras's node for one.

    Raises:
        ValueError: it is none of numbers.
    """
    about = node.get("config")
    try:
        dtype = np.dtype(about["dtype"])
        if dtype.kind in "iuf":
            return np.array(about["value"], dtype)
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"Expected an array of numbers with its dtype. Received: {about}")


def deserialize_object(identifier: Any, table: Mapping[str, Any], kind: str) -> Any:
    """Return the object that ``identifier`` stands for.

    Args:
        identifier: a name (``"he_normal"``), a node, a class (called without arguments), or an
            object, which is returned as it is.
        table: the closed table of names and classes that may be made.
        kind: what the table holds, for messages: ``"initializer"``.

    Returns:
        An instance for a name, a node or a class; ``identifier`` itself otherwise. A table entry
        that is a function is returned, not called.

    Raises:
        ValueError: the name is not in the table (the nearest one is suggested), or the node is
            malformed or holds arguments that the class does not take.
    """
    if isinstance(identifier, str):
        found = lookup(identifier, table, kind)
        return found() if inspect.isclass(found) else found
    if isinstance(identifier, dict):
        return _deserialize_node(identifier, table, kind)
    if inspect.isclass(identifier):
        return identifier()
    return identifier


def deserialize_callable(identifier: Any, table: Mapping[str, Any], kind: str) -> Any:
    """Do the same for what will be called, as initializers are; ``None`` stays ``None``.

    Raises:
        ValueError: as ``deserialize_object``, or the object cannot be called.
    """
    if identifier is None:
        return None
    found = deserialize_object(identifier, table, kind)
    if not callable(found):
        raise ValueError(f"Could not interpret {kind} identifier: {identifier}")
    return found


def lookup(name: str, table: Mapping[str, Any], kind: str) -> Any:
    """Return ``table[name]``, or what the program has registered under the name.

    Raises:
        ValueError: there is no such name; the message suggests the nearest.
    """
    found = get_registered_object(name, table)
    if found is None:
        raise ValueError(f"Unknown {kind}: '{name}'.{suggestion(name, table)}")
    return found


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'relu'?"`` for the known name nearest to ``name``, or a list of all names."""
    known = sorted(known)
    nearest = difflib.get_close_matches(name, known, n=1)
    # "ReLU" and "relu" are far apart letter by letter, so try again without capitals.
    nearest = nearest or [other for other in known if other.lower() == name.lower()][:1]
    if nearest:
        return f" Did you mean '{nearest[0]}'?"
    return f" Expected one of: {', '.join(known)}."


def _deserialize_node(node: dict, table: Mapping[str, Any], kind: str) -> Any:
    name, config = node.get("class_name"), node.get("config")
    if name == "function":  # Keras writes a plain function so, with its name as the config
        name, config = config, None
    if not isinstance(name, str) or not isinstance(config, dict | None):
        raise ValueError(
            f"Expected a serialized {kind} to be a dictionary with a 'class_name' (a string) and a 'config' "
            f"(a dictionary). Received: {node}"
        )
    module, registered_name = node.get("module"), node.get("registered_name")
    found = get_registered_object(registered_name) if isinstance(registered_name, str) else None
    if found is None and module not in (None, "builtins") and module.split(".")[0] != "keras":
        raise ValueError(
            f"Expected a serialized {kind} from a `keras` module, since custom classes are loaded only if "
            "they are registered with `saving.register_keras_serializable()`. "
            f"Received: module='{module}', class_name='{name}'"
        )
    found = found or lookup(name, table, kind)
    if not inspect.isclass(found):
        return found
    try:
        return found.from_config(dict(config or {}))
    except TypeError as error:
        raise ValueError(
            f"{found.__name__} could not be made from its config: {error}. Received: {config}"
        ) from error
