"""The arithmetic of shapes: how a window slides over an image, and the checks of size arguments.

Notation, here and in every layer: N images of H × W pixels with C channels, laid out (N, H, W, C);
a window of KH × KW pixels moves SH rows down and SW columns to the right at each step, and visits
OH × OW places. A dilation of DH, DW leaves DH − 1 rows and DW − 1 columns out between its pixels.
"""

import functools
from dataclasses import dataclass

import numpy as np

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Window:
    """A window that slides over an image: its size, its steps and what it does at the border.

    Args:
        size: (KH, KW).
        strides: (SH, SW).
        padding: ``"valid"`` (the window stays inside), ``"same"`` (⌈H/SH⌉ × ⌈W/SW⌉ places) or
            ``"causal"`` (as many places, and all padding comes first).
        dilation: (DH, DW).
        border: rows of zeros above and below the image and columns to the left and right of it, which
            a ``"valid"`` window visits like pixels: ((top, bottom), (left, right)).
    """

    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    dilation: tuple[int, int] = (1, 1)
    border: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    def __hash__(self) -> int:
        return self._hash

    @functools.cached_property
    def _hash(self) -> int:
        # Computed once: what a window found out for some sizes is looked up ten times in a prediction. Of
        # numbers alone, whose hashes are the same in every process, so that a window can be pickled.
        return hash((self.size, self.strides, self.dilation, self.border))

    @functools.cached_property
    def extent(self) -> tuple[int, int]:
        """The pixels from the first to the last that a window touches, ((K − 1)·D + 1) per axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    @functools.lru_cache(maxsize=1024)  # noqa: B019  a window holds ten numbers
    def output_size(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        """Return (OH, OW), the number of places per axis; ``None`` where the size is unknown."""
        return tuple(
            None if n is None else -(-n // s) if self.padding != "valid" else (n + sum(b) - e) // s + 1
            for n, e, s, b in zip((height, width), self.extent, self.strides, self.border, strict=True)
        )

    def pads(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return the padding (top, bottom, left, right); the odd pixel goes to the bottom and right."""
        (OH, OW), (EH, EW), (SH, SW) = self.output_size(height, width), self.extent, self.strides
        if self.padding == "valid":
            return *self.border[0], *self.border[1]
        if self.padding == "causal":
            return EH - 1, 0, EW - 1, 0
        rows = max((OH - 1) * SH + EH - height, 0)
        columns = max((OW - 1) * SW + EW - width, 0)
        return rows // 2, rows - rows // 2, columns // 2, columns - columns // 2

    @functools.lru_cache(maxsize=1024)  # noqa: B019  an error is not remembered, and raised each time
    def check_output_size(self, height: int | None, width: int | None, layer_name: str) -> None:
        """Raise a ``ValueError`` that shows the formula if the window does not fit into the image."""
        for axis, n, e, s in zip(
            ("height", "width"), (height, width), self.extent, self.strides, strict=True
        ):
            if n is not None and self.padding == "valid" and (n - e) // s + 1 < 1:
                raise ValueError(
                    f"Computed output size would be zero or negative in layer '{layer_name}': "
                    f"output {axis} = ({n} − {e}) // {s} + 1 = {(n - e) // s + 1}. Expected an input {axis} "
                    f"of at least {e} with padding='valid'. Received: input size ({height}, {width}), "
                    f"window {self.size}, strides {self.strides}, dilation {self.dilation}"
                )

    def transposed_size(self, height: int | None, width: int | None, output_padding=None):
        """Return the size (OH, OW) of the images whose windows are ``height`` × ``width`` places.

        Several sizes have as many places. ``output_padding`` says which: the smallest one plus so many
        pixels, for an odd window. ``None`` is the one that has no rest: n·S for ``"same"``.
        """
        more = output_padding or (None, None)
        return tuple(
            None if n is None else _transposed_size(n, e, s, self.padding, extra)
            for n, e, s, extra in zip((height, width), self.extent, self.strides, more, strict=True)
        )

    @functools.lru_cache(maxsize=1024)  # noqa: B019
    def arguments(self, height: int, width: int) -> tuple[int, ...]:
        """Return what a kernel needs as plain numbers: KH, KW, SH, SW, DH, DW, top, left."""
        top, _, left, _ = self.pads(height, width)
        return (*self.size, *self.strides, *self.dilation, top, left)


def _transposed_size(places: int, extent: int, stride: int, padding: str, output_padding: int | None) -> int:
    if padding == "same":
        return (
            places * stride if output_padding is None else (places - 1) * stride + extent % 2 + output_padding
        )
    return (places - 1) * stride + (
        max(extent, stride) if output_padding is None else extent + output_padding
    )


def channels_last(shape: Shape, data_format: str) -> Shape:
    """Return a ``shape`` in the order (N, …, C), whatever order ``data_format`` says it has."""
    if data_format == "channels_first":
        n, c, *sizes = shape
        return n, *sizes, c
    return tuple(shape)


def from_channels_last(shape: Shape, data_format: str) -> Shape:
    """Return the shape (N, …, C) in the order of ``data_format``."""
    if data_format == "channels_first":
        n, *sizes, c = shape
        return n, c, *sizes
    return tuple(shape)


def to_channels_last_array(images: np.ndarray, data_format: str) -> np.ndarray:
    """Return ``images`` as (N, …, C), contiguous; no copy when they are so already."""
    if data_format == "channels_first":
        return np.ascontiguousarray(np.moveaxis(images, 1, -1))
    return images


def from_channels_last_array(images: np.ndarray, data_format: str) -> np.ndarray:
    """Return images (N, …, C) in the order of ``data_format``, contiguous."""
    if data_format == "channels_first":
        return np.ascontiguousarray(np.moveaxis(images, -1, 1))
    return images


def image_rows(images: np.ndarray, data_format: str) -> np.ndarray:
    """Return contiguous 4-D ``images`` row by row: (N, H, W·C), or (N·C, H, W) with ``channels_first``."""
    a, b, c, d = images.shape
    return images.reshape(a * b, c, d) if data_format == "channels_first" else images.reshape(a, b, c * d)


def standardize_tuple(value, length: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """Return ``value``, an int or a sequence of ``length`` ints, as a tuple.

    Raises:
        ValueError: another length, or a number that is not a (strictly) positive integer.
    """
    wanted = f"The `{name}` argument must be an integer or a tuple of {length} integers"
    wanted += " >= 0" if allow_zero else " > 0"
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        numbers = (int(value),) * length
    else:
        try:
            numbers = tuple(value)
        except TypeError:
            raise ValueError(f"{wanted}. Received: {name}={value!r}") from None
        whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in numbers)
        if len(numbers) != length or not whole:
            raise ValueError(f"{wanted}. Received: {name}={value!r}")
        numbers = tuple(int(n) for n in numbers)
    if min(numbers) < (0 if allow_zero else 1):
        raise ValueError(f"{wanted}. Received: {name}={value!r}")
    return numbers


def standardize_sides(value, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what is added or cut at the sides of an image as ((top, bottom), (left, right)).

    Args:
        value: that; or (rows, columns) for the same at both ends; or one number for all four sides.
        name: of the argument.

    Raises:
        ValueError: another form, or a number that is not an integer >= 0.
    """
    pair = (value, value) if isinstance(value, int | np.integer) else value
    if not hasattr(pair, "__len__") or len(pair) != 2:
        raise ValueError(
            f"`{name}` should be either an int, a tuple of 2 ints (rows, columns), or a tuple of 2 tuples of "
            f"2 ints ((top, bottom), (left, right)). Received: {name}={value!r}"
        )
    rows = standardize_tuple(pair[0], 2, f"1st entry of {name}", allow_zero=True)
    columns = standardize_tuple(pair[1], 2, f"2nd entry of {name}", allow_zero=True)
    return rows, columns


def standardize_padding(value: str, allow_causal: bool = False) -> str:
    """Return ``"valid"``, ``"same"`` or (if allowed) ``"causal"`` in lower case, or raise ``ValueError``."""
    known = ("valid", "same", "causal") if allow_causal else ("valid", "same")
    padding = value.lower() if isinstance(value, str) else value
    if padding not in known:
        raise ValueError(
            f"The `padding` argument must be one of {', '.join(map(repr, known))}. "
            f"Received: padding={value!r}"
        )
    return padding


def standardize_data_format(value: str | None) -> str:
    """Return ``"channels_last"`` (also for ``None``) or ``"channels_first"``, or raise a ``ValueError``."""
    data_format = "channels_last" if value is None else value
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            "The `data_format` argument must be one of 'channels_last', 'channels_first'. "
            f"Received: data_format={value!r}"
        )
    return data_format


def with_last_axis(shape: Shape, wanted: Shape) -> Shape:
    """Return ``shape`` with an axis of size 1 at its end, or without, if it then has the rank of ``wanted``.

    As in Keras, grey images (N, H, W) fit a model for (N, H, W, 1), and the other way round.

    >>> with_last_axis((2, 28, 28), (None, 28, 28, 1))
    (2, 28, 28, 1)
    >>> with_last_axis((2, 28, 28, 1), (None, 28, 28))
    (2, 28, 28)
    """
    if len(shape) == len(wanted) + 1 and shape[-1] == 1:
        return shape[:-1]
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        return (*shape, 1)
    return shape


def check_gradient_shape(received: Shape, expected: Shape, kind: str, owner) -> None:
    """Raise unless a gradient has the shape of the outputs of its owner, a layer, operation or activation."""
    if received != expected:
        raise ValueError(
            f"The gradient given to {kind} '{owner.name}' must have the shape of its outputs. "
            f"Expected: {expected}. Received: {received}"
        )
