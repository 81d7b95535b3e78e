"""How much work a layer does: multiplications with its kernels, and bytes that come and go."""

import math
from typing import Any

import numpy as np

from cnn_scratch.layers import Layer
from cnn_scratch.shapes import Shape
from cnn_scratch.together import TrainedTogether

# A window of these layers is *written*, not read: the kernel meets every pixel of the inputs.
TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose")


def multiplications(layer: Layer, input_shape: Shape, output_shape: Shape) -> int:
    """Return how many numbers a forward pass multiplies with the layer's kernels.

    Every number of a kernel is multiplied once at every position of the outputs. A position is a
    pixel of a convolution, a row of a dense layer. So one rule counts plain, grouped, depthwise and
    separable convolutions and dense layers::

        multiplications = positions · numbers in the kernels

    What is not a product (a pooling, an activation, a sum) takes its time to fetch its numbers, not
    to calculate with them: it counts 0 here, and is judged by its bytes. A layer without kernels
    counts 0; layers that are computed together count what each of them does.

    >>> from cnn_scratch.layers import Conv2D
    >>> layer = Conv2D(8, 3, padding="same")
    >>> layer.build((None, 10, 10, 4))
    >>> multiplications(layer, (2, 10, 10, 4), (2, 10, 10, 8)) == 2 * 10 * 10 * (3 * 3 * 4 * 8)
    True
    """
    kernels = sum(weight.size for weight in layer.weights if weight.path.endswith("kernel"))
    if not kernels:
        return 0
    if isinstance(layer, TrainedTogether):
        total = 0
        for part in layer.parts:
            output_shape = part.compute_output_shape(input_shape)
            total += multiplications(part, input_shape, output_shape)
            input_shape = output_shape
        return total
    seen = input_shape if type(layer).__name__ in TRANSPOSED else output_shape
    if not seen:
        return 0
    channel_axis = 1 if getattr(layer, "data_format", None) == "channels_first" else len(seen) - 1
    return kernels * math.prod(size for axis, size in enumerate(seen) if axis != channel_axis)


def bytes_in(*things: Any) -> int:
    """Return the bytes of all arrays in ``things`` and in the tuples, lists and dicts among them.

    An array that stands there twice counts once.

    >>> a, b = np.zeros(10, "float32"), np.zeros(5)
    >>> bytes_in(a, (b, [a], None))
    80
    """
    arrays: dict[int, int] = {}
    _collect(things, arrays)
    return sum(arrays.values())


def bytes_moved(given: Any, result: Any, *parameters: Any) -> int:
    """Return the bytes that a layer has to fetch or write; 0 if its result is what it was given.

    A ``Flatten`` returns the same numbers under another shape, a ``Dropout`` at rest the very array.
    """
    first = given[0] if isinstance(given, tuple) else given
    if (
        isinstance(first, np.ndarray)
        and isinstance(result, np.ndarray)
        and np.may_share_memory(first, result)
    ):
        return 0
    return bytes_in(given, result, parameters)


def _collect(thing: Any, arrays: dict[int, int]) -> None:
    if isinstance(thing, np.ndarray):
        arrays[thing.__array_interface__["data"][0]] = thing.nbytes
    elif isinstance(thing, (tuple, list)):
        for part in thing:
            _collect(part, arrays)
    elif isinstance(thing, dict):
        _collect(tuple(thing.values()), arrays)


def shape_of(outputs: Any) -> Shape:
    """Return the shape of an array, or of the first of several."""
    while isinstance(outputs, (list, tuple)) and outputs:
        outputs = outputs[0]
    return tuple(getattr(outputs, "shape", ()))
