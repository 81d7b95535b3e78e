"""JSON from strangers: small, shallow, without duplicate keys, and numbers that are numbers."""

import json
import math
import re
from typing import Any

from cnn_scratch.models.saving.errors import ModelFileError

MAX_BYTES = 1 << 23  # the largest model of Keras's applications needs 3 MB
MAX_TOKENS = 250_000  # opening braces and brackets, and commas: what Python needs memory for
MAX_DEPTH = 100
MAX_INTEGER = 2**63 - 1

# A string, or one character of structure. In a string, a backslash takes the next character along.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{}]', re.DOTALL)


def loads(data: bytes, place: str) -> Any:
    """Return what a JSON text says.

    Args:
        data: the text, in UTF-8.
        place: what messages call it.

    Raises:
        ModelFileError: not JSON, too large or too deep, a key twice in one object, NaN, an infinity, or
            an integer beyond 64 bits.
    """
    if len(data) > MAX_BYTES:
        raise ModelFileError(f"{place}: expected at most {MAX_BYTES} bytes of JSON. Received: {len(data)}")
    _check_size(data, place)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{place}: expected JSON. Received: {error}") from None


def _check_size(data: bytes, place: str) -> None:
    count = sum(data.count(character) for character in (b"{", b"[", b","))  # those in strings as well
    if count > MAX_TOKENS:
        raise ModelFileError(f"{place}: expected JSON of at most {MAX_TOKENS} parts. Received: {count}")
    depth = 0
    for match in _TOKEN.finditer(data):
        token = match.group()
        depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))
        if depth > MAX_DEPTH:
            raise ModelFileError(f"{place}: expected JSON at most {MAX_DEPTH} levels deep")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{twice[:80]}' twice in one object")
    return result


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"the integer {text[:40]}, which is beyond 64 bits")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]}, which is beyond 64 bits")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text}, which is no JSON")
