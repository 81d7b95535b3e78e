"""Ports: the inputs of a model, or its outputs, by name and in order."""

from collections.abc import Sequence
from typing import Any

from cnn_scratch.structure import is_nested, pack_as_given


class Ports:
    """Puts what the user gives for several inputs (or outputs) in order, and packs what he gets.

    Args:
        names: one per port.
        structure: the form in which the model was made: a list, a tuple or a dictionary, or anything else
            for a model of one port.

    Example:
        >>> ports = Ports(["image", "age"], [None, None])
        >>> ports.in_order({"age": 2, "image": 1}), ports.in_order([1, 2])
        ([1, 2], [1, 2])
    """

    def __init__(self, names: Sequence[str], structure: Any = None):
        self.names = list(names)
        is_one = not isinstance(structure, dict) and len(self.names) == 1
        self.structure = None if is_one else structure

    def __len__(self) -> int:
        return len(self.names)

    def in_order(self, values: Any, what: str = "inputs") -> list:
        """Return one value per port.

        Args:
            values: a dictionary by name, a list, or one thing for a single port.
            what: they are, for messages.

        Raises:
            ValueError: a name is missing, or there are too many or too few.
        """
        if isinstance(values, dict):
            if not set(self.names) <= set(values):
                raise ValueError(f"Expected {what} for the names {self.names}. Received: {sorted(values)}")
            return [values[name] for name in self.names]
        if len(self) == 1:
            # A list that holds one array or tensor; a list of numbers is a sample itself.
            is_wrapped = is_nested(values) and len(values) == 1 and hasattr(values[0], "shape")
            return [values[0] if is_wrapped else values]
        if not is_nested(values) or len(values) != len(self):
            received = f"a list of {len(values)}" if is_nested(values) else type(values).__name__
            raise ValueError(
                f"Expected {what} as a list of {len(self)}, or a dictionary with the keys {self.names}. "
                f"Received: {received}"
            )
        return list(values)

    def given(self, values: Any, what: str = "inputs") -> list:
        """Return what ``in_order`` returns, for values that come from a user.

        Raises:
            ValueError: also for a list in the place of a dictionary whose names are not sorted. Two orders
                would be possible, so Keras refuses it, too.
        """
        names = list(self.structure) if isinstance(self.structure, dict) else []
        if names != sorted(names) and not isinstance(values, dict):
            raise ValueError(
                f"The structure of the {what} doesn't match the expected structure. Expected: a dictionary "
                f"with the keys {names}. Received: {type(values).__name__}"
            )
        return self.in_order(values, what)

    def pack(self, things: Sequence) -> Any:
        """Return ``things``, one per port, in the form in which the model was made."""
        return pack_as_given(self.structure, things)
