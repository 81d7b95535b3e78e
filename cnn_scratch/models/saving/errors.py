"""The one error that a model file can cause, and the conversion of all others into it."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

# What Python raises when what it is given is not what it should be. A missing file or a full disk
# is none of these: the file is not to blame, and the error passes as it is.
_FAULTS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    EOFError,
    struct.error,
    zlib.error,
)


class ModelFileError(ValueError):
    """A model file is damaged, hostile, of an unknown kind, or does not fit; nothing was changed.

    The message names the file, the place in it and the numbers.
    """


@contextmanager
def blaming(place: str) -> Iterator[None]:
    """Turn every error that comes from a file's content into a ``ModelFileError`` that names ``place``."""
    try:
        yield
    except ModelFileError as error:
        if place in str(error):
            raise
        raise ModelFileError(f"{place}: {error}") from error.__cause__
    except _FAULTS as error:
        what = str(error) or type(error).__name__
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ModelFileError(f"{place}: {kind}{shorten(what)}") from error


def shorten(text: str, most: int = 600) -> str:
    """Return ``text``, with its middle left out if it is very long: a file decides how long a name is."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
