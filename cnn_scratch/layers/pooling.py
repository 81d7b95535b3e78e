"""What the pooling layers have in common, apart from what they compute: five abstract classes."""

import functools
from typing import Any

from cnn_scratch.layers.layer import Layer
from cnn_scratch.layers.sequence import SequenceLayer
from cnn_scratch.resampling import standardize_output_size
from cnn_scratch.shapes import (
    Shape,
    Window,
    channels_last,
    from_channels_last,
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
)


class Pooling2D(Layer):
    """A layer that turns every window of an image into one number, each channel on its own.

    Args:
        pool_size, strides, padding, data_format: see ``MaxPooling2D``.
    """

    def __init__(self, pool_size, strides, padding: str, data_format: str | None, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = standardize_tuple(pool_size, 2, "pool_size")
        self.strides = self.pool_size if strides is None else standardize_tuple(strides, 2, "strides")
        self.padding = standardize_padding(padding)
        self.window = Window(self.pool_size, self.strides, self.padding)
        self.data_format = standardize_data_format(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, H, W, C = channels_last(input_shape, self.data_format)
        self.window.check_output_size(H, W, self.name)
        return from_channels_last((N, *self.window.output_size(H, W), C), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | _config_of_window(self)


class Pooling1D(SequenceLayer):
    """The same for sequences.

    Args:
        for_images: the pooling layer for images, which does the work.
        pool_size, strides, padding, data_format: see ``MaxPooling1D``.
    """

    def __init__(self, for_images: type[Pooling2D], pool_size, strides, padding: str, data_format, **kwargs):
        self.pool_size = standardize_tuple(pool_size, 1, "pool_size")
        self.strides = self.pool_size if strides is None else standardize_tuple(strides, 1, "strides")
        self.padding = standardize_padding(padding)
        # images of one column, so windows of one column
        pool = functools.partial(for_images, (*self.pool_size, 1), (*self.strides, 1), self.padding)
        super().__init__(pool, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | _config_of_window(self)


def _config_of_window(layer: Pooling2D | Pooling1D) -> dict[str, Any]:
    return {
        "pool_size": layer.pool_size,
        "padding": layer.padding,
        "strides": layer.strides,
        "data_format": layer.data_format,
    }


class GlobalPooling2D(Layer):
    """A layer that turns every channel of an image into one number.

    Args:
        data_format, keepdims: see ``GlobalMaxPooling2D``.
    """

    def __init__(self, data_format: str | None, keepdims: bool, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = bool(keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, _, _, C = channels_last(input_shape, self.data_format)
        return from_channels_last((N, 1, 1, C), self.data_format) if self.keepdims else (N, C)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format, "keepdims": self.keepdims}


class GlobalPooling1D(SequenceLayer):
    """The same for sequences.

    Args:
        for_images: the global pooling layer for images, which does the work.
        data_format, keepdims: see ``GlobalMaxPooling1D``.
    """

    def __init__(self, for_images: type[GlobalPooling2D], data_format, keepdims: bool, **kwargs):
        self.keepdims = bool(keepdims)
        super().__init__(functools.partial(for_images, keepdims=self.keepdims), data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format, "keepdims": self.keepdims}


class AdaptivePooling2D(Layer):
    """A layer that turns windows of an image into one number each, and chooses them for a given output size.

    Args:
        output_size, data_format: see ``AdaptiveMaxPooling2D``.
    """

    def __init__(self, output_size, data_format: str | None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = standardize_output_size(output_size)
        self.data_format = standardize_data_format(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, _, _, C = channels_last(input_shape, self.data_format)
        return from_channels_last((N, *self.output_size, C), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"output_size": self.output_size, "data_format": self.data_format}
