"""What a module says when it is asked for a name of Keras that is not there."""

import opcode
import sys
from collections.abc import Callable, Iterable, Mapping

from cnn_scratch.serialization import suggestion

IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def absent(module: str, known: Iterable[str], instead: Mapping[str, str] | None = None) -> Callable:
    """Return a module's ``__getattr__``: it names what there is, so that nobody has to guess.

    Args:
        module: its ``__name__``.
        known: the names that it has.
        instead: name → what does the same thing here.

    Example:
        >>> from cnn_scratch import layers
        >>> layers.ConvLSTM2D
        Traceback (most recent call last):
        ...
        AttributeError: cnn_scratch.layers does not have 'ConvLSTM2D'. Did you mean 'Conv2D'?
        >>> hasattr(layers, "LSTM")
        False
    """
    known, instead = list(known), dict(instead or {})

    def __getattr__(name: str):  # noqa: N807  the function that Python looks for in a module
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        hint = f" {instead[name]}" if name in instead else suggestion(name, known)
        message = f"{module} does not have '{name}'.{hint}"
        if _is_importing(sys._getframe(1)):
            raise ImportError(message, name=module)
        raise AttributeError(message, name=name)

    return __getattr__


def _is_importing(frame) -> bool:
    """Return whether a frame stands at ``from … import name``.

    Python puts a message of its own in the place of that of an ``AttributeError`` there.
    """
    return frame.f_code.co_code[frame.f_lasti] == IMPORT_FROM
