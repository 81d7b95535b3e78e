"""What a model takes and returns: one thing, a list of things, or a dictionary of things.

>>> flatten({"b": 2, "a": 1}), flatten([3, 4]), flatten(5)
([1, 2], [3, 4], [5])
>>> pack({"b": 2, "a": 1}, ["x", "y"])
{'b': 'y', 'a': 'x'}
"""

from collections.abc import Callable, Sequence
from typing import Any


def is_nested(structure: Any) -> bool:
    """Return whether this is a list, a tuple or a dictionary, and not one thing."""
    return isinstance(structure, list | tuple | dict)


def flatten(structure: Any) -> list:
    """Return the things in a list; those of a dictionary in the order of their sorted keys, as in Keras."""
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return list(structure) if isinstance(structure, list | tuple) else [structure]


def flatten_shapes(shapes: Any) -> list:
    """Return the shapes in a list: a tuple of sizes is one shape, all else holds several.

    >>> flatten_shapes((None, 3)), flatten_shapes([(None, 3), (None, 4)])
    ([(None, 3)], [(None, 3), (None, 4)])
    """
    is_one = isinstance(shapes, tuple) and not any(map(is_nested, shapes))
    return [shapes] if is_one else flatten(shapes)


def pack(structure: Any, things: Sequence) -> Any:
    """Return ``things``, given in the order of ``flatten``, in the form that ``structure`` has."""
    if isinstance(structure, dict):
        by_key = dict(zip(sorted(structure), things, strict=True))
        return {key: by_key[key] for key in structure}
    if isinstance(structure, list | tuple):
        return list(things)
    (thing,) = things
    return thing


def pack_as_given(structure: Any, things: Sequence) -> Any:
    """Return what ``pack`` returns, but a tuple for a tuple: what a user is given back."""
    return tuple(things) if isinstance(structure, tuple) else pack(structure, things)


def map_structure(function: Callable, structure: Any) -> Any:
    """Return the same form with ``function(thing)`` in the place of each thing; a list for a tuple."""
    return pack(structure, [function(thing) for thing in flatten(structure)])


def map_as_given(function: Callable, structure: Any) -> Any:
    """Return what ``map_structure`` returns, but a tuple for a tuple."""
    return pack_as_given(structure, [function(thing) for thing in flatten(structure)])
