"""Another range for the inputs."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.serialization import array_of, is_array, without_numpy
from cnn_scratch.shapes import Shape


class Rescaling(Layer):
    """Multiplies by a scale and adds an offset: pixels 0 … 255 become numbers of a size that trains well.

    Maths:
        ::

            outputs = inputs · scale + offset
            ∂loss/∂inputs = ∂loss/∂outputs · scale        (the offset is a constant)

        ``scale=1/255`` gives 0 … 1; ``scale=1/127.5, offset=-1`` gives −1 … 1.

    Args:
        scale: a number, or a list with one number per channel (the last axis).
        offset: the same.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a scale or offset that is not made of numbers, or has another number of channels
            than the inputs.

    Example:
        >>> Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], np.uint8))
        array([[-1.,  1.]], dtype=float32)

    The readable definition is in ``reference/rescaling.py``.
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = _standardize_numbers(scale, "scale")
        self.offset = _standardize_numbers(offset, "offset")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            shape = np.shape(value)
            if not _fits(shape, input_shape):
                raise ValueError(
                    f"The `{name}` of layer '{self.name}' has shape {shape}, which does not fit its input. "
                    "Expected: one number, or as many as there are channels. "
                    f"Received: shape {tuple(input_shape)}"
                )
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        outputs = inputs * np.asarray(self.scale, self.dtype)
        outputs += np.asarray(self.offset, self.dtype)
        return outputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        grad_outputs = self.prepare_gradient(grad_outputs, cache)
        # forward: outputs = inputs * scale + offset
        return grad_outputs * np.asarray(self.scale, self.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | without_numpy({"scale": self.scale, "offset": self.offset})


def _standardize_numbers(value, name: str):
    """Return a number, list or array of numbers, also from the node that ``without_numpy`` writes."""
    numbers = value
    if is_array(value):
        numbers = array_of(value)
    elif isinstance(value, np.generic):
        numbers = value.item()
    elif isinstance(value, tuple):
        numbers = list(value)
    if isinstance(numbers, list | np.ndarray | int | float) and np.array(numbers).dtype.kind in "iuf":
        return numbers
    raise ValueError(
        f"The `{name}` argument must be a number or a list of numbers. Received: {name}={value!r}"
    )


def _fits(shape: Shape, input_shape: Shape) -> bool:
    """Return whether NumPy can repeat an array of ``shape`` up to ``input_shape``, but not beyond it."""
    pairs = zip(reversed(shape), reversed(input_shape), strict=False)  # the last axes belong together
    return len(shape) <= len(input_shape) and all(size == 1 or n is None or size == n for size, n in pairs)
