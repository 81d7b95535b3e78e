"""The argument ``noise_shape`` of the dropout layers: which numbers share a mask."""

import numpy as np

from cnn_scratch.shapes import Shape


def standardize_noise_shape(noise_shape) -> Shape | None:
    """Return a sequence of positive integers and ``None`` as a tuple, or raise a ``ValueError``."""
    if noise_shape is None:
        return None
    try:
        sizes = tuple(noise_shape)
    except TypeError:
        sizes = ("not a sequence",)
    integers = [n for n in sizes if isinstance(n, int | np.integer) and not isinstance(n, bool)]
    if len(integers) + sizes.count(None) != len(sizes) or min(integers, default=1) < 1:
        raise ValueError(
            "Invalid value received for argument `noise_shape`. Expected a tuple or list of positive "
            f"integers or None. Received: noise_shape={noise_shape!r}"
        )
    return tuple(None if n is None else int(n) for n in sizes)


def concrete_noise_shape(noise_shape: Shape | None, input_shape: Shape) -> Shape:
    """Return the shape of the mask, with the inputs' sizes in place of ``None``."""
    if noise_shape is None:
        return tuple(input_shape)
    sizes = [*input_shape, *[None] * len(noise_shape)]
    return tuple(size if n is None else n for n, size in zip(noise_shape, sizes, strict=False))


def check_noise_shape(noise_shape: Shape | None, input_shape: Shape, layer_name: str) -> None:
    """Raise a ``ValueError`` unless the mask broadcasts to the inputs."""
    if noise_shape is None:
        return
    sizes = list(input_shape)[::-1]
    noise = concrete_noise_shape(noise_shape, input_shape)[::-1]  # broadcasting compares from the end
    fits = [n == 1 or None in (n, size) or n == size for n, size in zip(noise, sizes, strict=False)]
    if len(noise) > len(sizes) or not all(fits):
        raise ValueError(
            f"The `noise_shape` of layer '{layer_name}' must broadcast to the shape of its inputs, "
            f"{tuple(input_shape)}. Received: noise_shape={noise_shape}"
        )
