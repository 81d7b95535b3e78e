"""2-D convolution in two steps: every channel by itself, then all channels of a pixel."""

from typing import Any

import numpy as np

from cnn_scratch import activations, initializers, regularizers
from cnn_scratch.kernels import conv2d, depthwise_conv2d
from cnn_scratch.layers.layer import Cache, Layer, refuse_constraints
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

POINT = Window((1, 1))


class SeparableConv2D(Layer):
    """A depthwise convolution, which mixes pixels, and then a 1×1 convolution, which mixes channels.

    Maths:
        With ``depthwise`` as in ``DepthwiseConv2D`` (no bias, no activation), D = depthwise kernel and
        P = pointwise kernel::

            spread[n, oh, ow, c·M + m] = Σ_kh Σ_kw inputs[n, h, w, c] · D[kh, kw, c, m]
            linear[n, oh, ow, f]       = Σ_k spread[n, oh, ow, k] · P[0, 0, k, f] + bias[f]
            outputs = activation(linear)

        It has KH·KW·C·M + C·M·F numbers, where a full convolution has KH·KW·C·F. Backward goes through
        the two steps in reverse; with g = ∂loss/∂linear and s = ∂loss/∂spread::

            ∂loss/∂P[0, 0, k, f] = Σ_n Σ_oh Σ_ow spread[n, oh, ow, k] · g[n, oh, ow, f]
            s[n, oh, ow, k]      = Σ_f g[n, oh, ow, f] · P[0, 0, k, f]

        and ∂loss/∂D and ∂loss/∂inputs follow from s as in ``DepthwiseConv2D``.

    Args:
        filters: F, the number of output channels.
        kernel_size: (KH, KW), or one number for both.
        strides: (SH, SW), the step from one window to the next.
        padding: ``"valid"`` (no border) or ``"same"`` (zeros around, OH = ⌈H / SH⌉; the odd row or
            column of zeros goes to the bottom or right).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: (DH, DW), the distance between the pixels of a window.
        depth_multiplier: M, the number of depthwise kernels of each channel.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per filter is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: how the parameters start.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalties on them, added to
            the loss.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, F) with OH = ⌊(H − ((KH − 1)·DH + 1)) / SH⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the image.

    Example:
        Two channels, 1 2 3 and 10 20 30. Depthwise, the first becomes sums of neighbours (3 5), the
        second differences (10 10); the pointwise kernel takes 1 of the first and 2 of the second.

        >>> image = np.array([[1.0, 10], [2, 20], [3, 30]]).reshape(1, 1, 3, 2)
        >>> layer = SeparableConv2D(1, (1, 2), use_bias=False)
        >>> layer.build(image.shape)
        >>> layer.depthwise_kernel.assign(np.array([[1.0, -1], [1, 1]]).reshape(1, 2, 2, 1))
        >>> layer.pointwise_kernel.assign(np.array([1.0, 2]).reshape(1, 1, 2, 1))
        >>> layer(image)[0, 0, :, 0]
        array([23., 25.], dtype=float32)

    The readable definition is in ``reference/separable_conv2d.py``. See Chollet, "Xception: Deep learning
    with depthwise separable convolutions" (arXiv:1610.02357).
    """

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=(1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate=(1, 1),
        depth_multiplier: int = 1,
        activation=None,
        use_bias: bool = True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        refuse_constraints(
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )
        self.filters = standardize_tuple(filters, 1, "filters")[0]
        self.kernel_size = standardize_tuple(kernel_size, 2, "kernel_size")
        self.strides = standardize_tuple(strides, 2, "strides")
        self.padding = standardize_padding(padding)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = standardize_tuple(dilation_rate, 2, "dilation_rate")
        self.window = Window(self.kernel_size, self.strides, self.padding, self.dilation_rate)
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, H, W, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, self.depthwise_kernel.shape[2] if self.built else None)
        self.window.check_output_size(H, W, self.name)
        return from_channels_last((N, *self.window.output_size(H, W), self.filters), self.data_format)

    def build(self, input_shape: Shape) -> None:
        C = channels_last(input_shape, self.data_format)[-1]
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            (*self.kernel_size, C, self.depth_multiplier),
            self.depthwise_initializer,
            self.depthwise_regularizer,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            (1, 1, C * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            self.pointwise_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,), self.bias_initializer, self.bias_regularizer)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        no_bias = np.zeros(self.pointwise_kernel.shape[2], self.dtype)
        spread = depthwise_conv2d.forward(inputs, self.depthwise_kernel.value, no_bias, self.window)
        bias = self.bias.value if self.use_bias else np.zeros(self.filters, self.dtype)
        relu = self.activation is activations.relu  # applied by the kernel, while the numbers are at hand
        outputs = conv2d.forward(spread, self.pointwise_kernel.value, bias, POINT, relu=relu)
        activation_cache = outputs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)  # (N, OH, OW, F)
        cache = inputs, spread, outputs.shape, activation_cache
        return from_channels_last_array(outputs, self.data_format), cache

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs = cache[0]
        grad_spread = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its pixels; so each pixel collects from every window that read it
        grad_inputs = depthwise_conv2d.grad_inputs(
            grad_spread, self.depthwise_kernel.value, self.window, inputs.shape
        )
        return from_channels_last_array(grad_inputs, self.data_format)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂(both kernels) and ∂loss/∂bias; return ∂loss/∂spread, (N, OH, OW, C·M)."""
        inputs, spread, output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(output_shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache)
        # forward: linear = spread @ pointwise_kernel + bias, at every pixel
        grad_pointwise, grad_bias = conv2d.grad_parameters(spread, grad_linear, POINT)
        self.pointwise_kernel.grad += grad_pointwise
        if self.use_bias:
            self.bias.grad += grad_bias
        grad_spread = conv2d.grad_inputs(grad_linear, self.pointwise_kernel.value, POINT, spread.shape)
        # forward: spread = convolve(inputs, depthwise_kernel), channel by channel
        grad_depthwise, _ = depthwise_conv2d.grad_parameters(inputs, grad_spread, self.window)
        self.depthwise_kernel.grad += grad_depthwise
        return grad_spread

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "depth_multiplier": self.depth_multiplier,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "depthwise_initializer": initializers.serialize(self.depthwise_initializer),
            "pointwise_initializer": initializers.serialize(self.pointwise_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "depthwise_regularizer": regularizers.serialize(self.depthwise_regularizer),
            "pointwise_regularizer": regularizers.serialize(self.pointwise_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "depthwise_constraint": None,
            "pointwise_constraint": None,
            "bias_constraint": None,
        }
