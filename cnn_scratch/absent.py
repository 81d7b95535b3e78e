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
        >>> layers.Conv2d
        Traceback (most recent call last):
        ...
        AttributeError: cnn_scratch.layers does not have 'Conv2d'. Did you mean 'Conv2D'?
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


class AbsentModules:
    """Answers an import of a module that is not there: ``from keras.applications import MobileNetV2``.

    Python asks the finders in ``sys.meta_path`` one after the other. This one is the last, so a module that
    exists has been found before, and it knows the modules of one package only. (``__getattr__`` cannot do
    this: Python does not ask it for the module in ``import cnn_scratch.ops``.)

    Args:
        package: its ``__name__``.
        instead: name → what does the same thing here.
    """

    def __init__(self, package: str, instead: Mapping[str, str]):
        self.package = package
        self.instead = instead

    def find_spec(self, fullname: str, path=None, target=None) -> None:
        """Find nothing.

        Raises:
            ModuleNotFoundError: with the answer, if the module is one of those that are known to be missing.
        """
        package, _, name = fullname.rpartition(".")
        if package == self.package and name in self.instead:
            raise ModuleNotFoundError(
                f"{package} does not have '{name}'. {self.instead[name]}", name=fullname
            )


def _is_importing(frame) -> bool:
    """Return whether a frame stands at ``from … import name``.

    Python puts a message of its own in place of that of an ``AttributeError`` there.
    """
    return frame.f_code.co_code[frame.f_lasti] == IMPORT_FROM
