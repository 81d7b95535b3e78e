"""Max pooling to a given size."""

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.pooling import AdaptivePooling2D
from cnn_scratch.resampling import adaptive_windows
from cnn_scratch.shapes import channels_last, from_channels_last_array, to_channels_last_array


class AdaptiveMaxPooling2D(AdaptivePooling2D):
    """Max pooling whose windows are chosen so that the output has a given size, for images of any size.

    Maths:
        For OH × OW windows, window (oh, ow) holds the rows from ⌊oh·H / OH⌋ to ⌈(oh + 1)·H / OH⌉ (not
        included) and the columns likewise; neighbours overlap where H is no multiple of OH::

            outputs[n, oh, ow, c] = max of inputs[n, h, w, c]      over the pixels of the window

        With g = ∂loss/∂outputs::

            ∂loss/∂inputs[n, h, w, c] = Σ g[n, oh, ow, c]      over the windows whose output is this pixel

        The largest number of each column of a window is found first, then the largest of these. Of equal
        numbers the first counts: the leftmost column, and in it the uppermost row, as in Keras. A NaN
        counts as the largest number.

    Args:
        output_size: (OH, OW), or one number for both.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, C).

    Raises:
        TypeError: ``output_size`` is neither an integer nor a pair.
        ValueError: numbers that are not positive, an unknown data format, or inputs that are not 4-D.

    Example:
        Three columns in two windows, which share the middle one.

        >>> AdaptiveMaxPooling2D((1, 2))(np.array([1.0, 3.0, 7.0]).reshape(1, 1, 3, 1))[0, :, :, 0]
        array([[3., 7.]], dtype=float32)

    The readable definition is in ``reference/adaptive_max_pooling2d.py``.
    """

    def __init__(self, output_size, data_format: str | None = None, **kwargs):
        super().__init__(output_size, data_format, **kwargs)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        OH, OW = self.output_size
        largest, rows = _largest_of_windows(images, OH, axis=1)  # (N, OH, W, C) both
        outputs, columns = _largest_of_windows(largest, OW, axis=2)  # (N, OH, OW, C) both
        return from_channels_last_array(outputs, self.data_format), (inputs.shape, rows, columns)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape, rows, columns = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self.compute_output_shape(input_shape))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        _, H, W, _ = channels_last(input_shape, self.data_format)
        # forward: outputs, columns = _largest_of_windows(largest, OW, axis=2)
        grad_largest = _to_the_largest(grad_outputs, columns, W, axis=2)
        # forward: largest, rows = _largest_of_windows(images, OH, axis=1)
        return from_channels_last_array(_to_the_largest(grad_largest, rows, H, axis=1), self.data_format)


def _largest_of_windows(images: np.ndarray, target: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest number of each window along ``axis``, and its index on that axis."""
    images = np.moveaxis(images, axis, 0)
    outputs = np.empty((target, *images.shape[1:]), images.dtype)
    places = np.empty(outputs.shape, np.int32)
    for o, (start, end) in enumerate(adaptive_windows(len(images), target)):
        place = images[start:end].argmax(axis=0)  # the first of equal numbers, and a NaN before all
        outputs[o] = np.take_along_axis(images[start:end], place[np.newaxis], axis=0)[0]
        places[o] = start + place
    return np.ascontiguousarray(np.moveaxis(outputs, 0, axis)), np.moveaxis(places, 0, axis)


def _to_the_largest(grad: np.ndarray, places: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Return the gradient of what ``_largest_of_windows`` was given: windows overlap, so it adds."""
    grad, places = np.moveaxis(grad, axis, 0), np.moveaxis(places, axis, 0)
    grad_images = np.zeros((size, *grad.shape[1:]), grad.dtype)
    for o, (start, end) in enumerate(adaptive_windows(size, len(grad))):
        for i in range(start, end):
            grad_images[i] += np.where(places[o] == i, grad[o], 0)
    return np.ascontiguousarray(np.moveaxis(grad_images, 0, axis))
