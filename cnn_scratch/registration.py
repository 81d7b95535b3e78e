"""Your own classes by name, so that configurations and files can name them, as in Keras.

A file never brings a class. It can only name one that the program itself has registered or given.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

_PACKAGE = __name__.partition(".")[0]
_registered: dict[str, Any] = {}  # "package>name" → a class, or an activation or a function
_names: dict[Any, str] = {}  # and back
_in_scope: ContextVar[Mapping[str, Any]] = ContextVar("in_scope", default=MappingProxyType({}))


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable:
    """Return a decorator that makes a class known to ``load_model`` and ``from_config``.

    Args:
        package, name: files call the class ``"package>name"``. Without a ``name`` it is that of the class.

    Raises:
        ValueError: a class without a ``get_config``.

    Example:
        >>> from cnn_scratch import Model
        >>> @register_keras_serializable("animals")
        ... class Classifier(Model):
        ...     pass
        >>> get_registered_name(Classifier)
        'animals>Classifier'
    """

    def register(thing):
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. "
                f"Received: {thing.__name__}"
            )
        full = f"{package}>{thing.__name__ if name is None else name}"
        _registered[full] = thing
        _names[thing] = full
        return thing

    return register


def get_custom_objects() -> dict[str, Any]:
    """Return what is registered, name → class. It is the dictionary itself: changes to it count."""
    return _registered


def get_registered_name(thing: Any) -> str:
    """Return the name under which a class is registered, or else its own."""
    return _names.get(thing) or thing.__name__


def get_registered_object(
    name: str | None, custom_objects: Mapping[str, Any] | None = None, module_objects=None
) -> Any:
    """Return the class of a name: in the scope, registered, or given, in this order; ``None`` if in none."""
    for table in (_in_scope.get(), _registered, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None


def known_objects(custom_objects: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return name → class of all that is given, registered or in the scope. The last wins, as in Keras."""
    return {**(custom_objects or {}), **_registered, **_in_scope.get()}


class CustomObjectScope:
    """Makes classes known by name inside a ``with`` block, in addition to those that are registered.

    Args:
        custom_objects: name → class.

    Example:
        >>> class Halves: ...
        >>> with CustomObjectScope({"Halves": Halves}):
        ...     get_registered_object("Halves") is Halves
        True
        >>> get_registered_object("Halves") is None
        True
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> "CustomObjectScope":
        self._token = _in_scope.set({**_in_scope.get(), **self.custom_objects})
        return self

    def __exit__(self, *_) -> None:
        _in_scope.reset(self._token)


custom_object_scope = CustomObjectScope


def own_class(cls: type) -> dict[str, str | None] | None:
    """Return what Keras writes about your own class; ``None`` for a class of this package."""
    if cls.__module__.partition(".")[0] == _PACKAGE:
        return None
    module = None if cls.__module__ == "__main__" else cls.__module__
    return {"module": module, "registered_name": get_registered_name(cls)}
