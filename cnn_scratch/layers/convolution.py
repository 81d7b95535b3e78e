"""What the convolutions have in common: the abstract class ``Convolution``."""

from typing import Any

import numpy as np

from cnn_scratch import activations, regularizers
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.parameter import Parameter
from cnn_scratch.shapes import (
    Shape,
    Window,
    channels_last,
    from_channels_last,
    from_channels_last_array,
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
    to_channels_last_array,
)


class Convolution(Layer):
    """A layer that slides a window over images or sequences, and applies an activation to what comes out.

    What is computed for each window, and its gradient, is in each layer's own file. Here is what comes before
    and after: the arguments are checked; inputs become images (N, H, W, C), a sequence an image of one row;
    a bias is made, or not; the activation is applied, and differentiated.

    A concrete layer sets ``rank``, and its ``__init__`` calls those of the ``set_…`` methods that it needs.
    """

    rank: int  # of the window: 1 for sequences, 2 for images
    groups: int = 1  # the channels are cut into this many

    # Arguments --------------------------------------------------------------------------------

    def set_filters(self, filters: int, groups: int = 1) -> None:
        """Check the number of filters, and of groups if the layer has them, and keep both.

        Raises:
            ValueError: an argument out of range, or groups that cannot be of one size.
        """
        self.filters = standardize_tuple(filters, 1, "filters")[0]
        self.groups = standardize_tuple(groups, 1, "groups")[0]
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}"
            )

    def set_window(
        self, kernel_size, strides, padding: str, dilation_rate, data_format, allow_causal: bool = False
    ) -> None:
        """Check the arguments of the window and keep them, and the ``Window`` that they make.

        Raises:
            ValueError: an argument out of range.
        """
        self.kernel_size = standardize_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = standardize_tuple(strides, self.rank, "strides")
        self.padding = standardize_padding(padding, allow_causal)
        self.dilation_rate = standardize_tuple(dilation_rate, self.rank, "dilation_rate")
        self.data_format = standardize_data_format(data_format)
        size, steps, gaps = (
            (1, *sizes) if self.rank == 1 else sizes
            for sizes in (self.kernel_size, self.strides, self.dilation_rate)
        )
        self.window = Window(size, steps, self.padding, gaps)

    def set_output_padding(self, output_padding, strides) -> None:
        """Check the argument ``output_padding`` of a transposed convolution and keep it.

        Raises:
            ValueError: not one number >= 0 per axis, or one that is not below the stride.
        """
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = standardize_tuple(
                output_padding, self.rank, "output_padding", allow_zero=True
            )
        if any(p >= s for p, s in zip(self.output_padding or (), self.strides, strict=False)):
            raise ValueError(
                "`output_padding` must be strictly less than `strides` for all dimensions. "
                f"Received: output_padding={output_padding}, strides={strides}"
            )

    def set_activation(self, activation, use_bias: bool) -> None:
        """Keep what is done to the outputs of the windows.

        Raises:
            ValueError: an unknown activation.
        """
        self.activation = activations.get(activation)
        self.use_bias = use_bias

    def refuse_strides_with_dilation(self, strides, dilation_rate) -> None:
        """Raise if the window both makes large steps and has gaps, which Keras does not allow."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={strides} and dilation_rate={dilation_rate}"
            )

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }

    # Images ------------------------------------------------------------------------------------

    def image_shape(self, input_shape: Shape, channels: int | None = None) -> Shape:
        """Return the shape of inputs as that of images, (N, H, W, C).

        Args:
            channels: how many there must be; ``None`` for any known number.

        Raises:
            ValueError: another number of axes or channels, or channels that cannot be cut into groups.
        """
        self.check_rank(input_shape, self.rank + 2)
        N, *size, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, channels)
        if C % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received: "
                f"groups={self.groups}, but layer '{self.name}' got {C} channels (shape {tuple(input_shape)})"
            )
        return (N, *size, C) if self.rank == 2 else (N, 1, *size, C)

    def shape_of_outputs(self, N: int | None, OH: int | None, OW: int | None, F: int) -> Shape:
        """Return the shape of the layer's outputs for that of images, (N, OH, OW, F)."""
        shape = (N, OH, OW, F) if self.rank == 2 else (N, OW, F)
        return from_channels_last(shape, self.data_format)

    def to_images(self, array: np.ndarray) -> np.ndarray:
        """Return an array in the layer's format as images (N, H, W, C)."""
        images = to_channels_last_array(array, self.data_format)
        return images if self.rank == 2 else images[:, np.newaxis]

    def from_images(self, images: np.ndarray) -> np.ndarray:
        """Return images (N, H, W, C) in the layer's format."""
        return from_channels_last_array(images if self.rank == 2 else images[:, 0], self.data_format)

    # Bias and activation -----------------------------------------------------------------------

    def add_bias(self, size: int) -> Parameter | None:
        """Make the bias and return it; return ``None`` if the layer has none."""
        return self.add_weight("bias", (size,), **self.options_of("bias")) if self.use_bias else None

    def bias_or_zeros(self, size: int) -> np.ndarray:
        """Return the bias, (F,), or zeros if the layer has none: kernels always add one."""
        return self.bias.value if self.use_bias else np.zeros(size, self.dtype)

    def activate(self, images: np.ndarray, is_done: bool = False) -> tuple[np.ndarray, Cache]:
        """Return the layer's outputs, ``activation(linear)``, and the cache for ``grad_linear``.

        Args:
            images: linear, (N, OH, OW, F).
            is_done: whether the activation is a ReLU that the kernel has applied already.
        """
        outputs = self.from_images(images)
        activation_cache = outputs  # all that a ReLU needs
        if not is_done:
            outputs, activation_cache = self.activation.forward(outputs)
        return outputs, (outputs.shape, activation_cache)

    def grad_linear(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Return ∂loss/∂linear as images (N, OH, OW, F).

        Args:
            grad_outputs: ∂loss/∂outputs, in the layer's format.
            cache: what ``activate`` returned.
        """
        output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, output_shape)
        # forward: outputs = activation(linear)
        return self.to_images(self.activation.backward(grad_outputs, activation_cache))
