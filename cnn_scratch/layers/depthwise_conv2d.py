"""2-D convolution of every channel by itself."""

from typing import Any

import numpy as np

from cnn_scratch import activations, initializers, regularizers
from cnn_scratch.kernels import depthwise_conv2d as kernels
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


class DepthwiseConv2D(Layer):
    """Convolves each channel with small kernels of its own; the channels never meet.

    Maths:
        Each channel c has M kernels, and so M channels of the outputs. As in ``Conv2D``, output pixel
        (oh, ow) looks at the input pixels h = oh·SH + kh·DH − top, w = ow·SW + kw·DW − left (0 outside
        the image), but there is no sum over the channels::

            linear[n, oh, ow, c·M + m] = Σ_kh Σ_kw inputs[n, h, w, c] · kernel[kh, kw, c, m] + bias[c·M + m]
            outputs = activation(linear)

        With g = ∂loss/∂linear, each gradient collects every term in which its number took part::

            ∂loss/∂bias[f]              = Σ_n Σ_oh Σ_ow g[n, oh, ow, f]
            ∂loss/∂kernel[kh, kw, c, m] = Σ_n Σ_oh Σ_ow inputs[n, h, w, c] · g[n, oh, ow, c·M + m]
            ∂loss/∂inputs[n, h, w, c]   = Σ_m Σ kernel[kh, kw, c, m] · g[n, oh, ow, c·M + m]

        (the last sum goes over all windows that see the pixel (h, w)).

    Args:
        kernel_size: (KH, KW), or one number for both.
        strides: (SH, SW), the step from one window to the next.
        padding: ``"valid"`` (no border) or ``"same"`` (zeros around, OH = ⌈H / SH⌉; the odd row or
            column of zeros goes to the bottom or right).
        depth_multiplier: M, the number of kernels of each channel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: (DH, DW), the distance between the pixels of a window.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per output channel is added.
        depthwise_initializer, bias_initializer: how the parameters start.
        depthwise_regularizer, bias_regularizer: penalties on them, added to the loss.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, C·M) with OH = ⌊(H − ((KH − 1)·DH + 1)) / SH⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the image.

    Example:
        Two channels, 1 2 3 and 10 20 30. The kernel of the first is 1 1 (a sum of neighbours), that of
        the second −1 1 (a difference).

        >>> image = np.array([[1.0, 10], [2, 20], [3, 30]]).reshape(1, 1, 3, 2)
        >>> layer = DepthwiseConv2D((1, 2), use_bias=False)
        >>> layer.build(image.shape)
        >>> layer.kernel.assign(np.array([[1.0, -1], [1, 1]]).reshape(1, 2, 2, 1))
        >>> layer(image)[0, 0]
        array([[ 3., 10.],
               [ 5., 10.]], dtype=float32)

    The readable definition is in ``reference/depthwise_conv2d.py``; ``kernels/depthwise_conv2d.py`` makes
    it fast. See Chollet, "Xception: Deep learning with depthwise separable convolutions" (arXiv:1610.02357).
    """

    def __init__(
        self,
        kernel_size,
        strides=(1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate=(1, 1),
        activation=None,
        use_bias: bool = True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        refuse_constraints(depthwise_constraint=depthwise_constraint, bias_constraint=bias_constraint)
        self.kernel_size = standardize_tuple(kernel_size, 2, "kernel_size")
        self.strides = standardize_tuple(strides, 2, "strides")
        self.padding = standardize_padding(padding)
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.dilation_rate = standardize_tuple(dilation_rate, 2, "dilation_rate")
        self.window = Window(self.kernel_size, self.strides, self.padding, self.dilation_rate)
        self.data_format = standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 4)
        N, H, W, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, self.kernel.shape[2] if self.built else None)
        self.window.check_output_size(H, W, self.name)
        output_shape = (N, *self.window.output_size(H, W), C * self.depth_multiplier)
        return from_channels_last(output_shape, self.data_format)

    def build(self, input_shape: Shape) -> None:
        C = channels_last(input_shape, self.data_format)[-1]
        kernel_shape = (*self.kernel_size, C, self.depth_multiplier)
        self.kernel = self.add_weight(
            "kernel", kernel_shape, self.depthwise_initializer, self.depthwise_regularizer
        )
        self.bias = None
        if self.use_bias:
            bias_shape = (C * self.depth_multiplier,)
            self.bias = self.add_weight("bias", bias_shape, self.bias_initializer, self.bias_regularizer)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        no_bias = np.zeros(inputs.shape[-1] * self.depth_multiplier, self.dtype)
        bias = self.bias.value if self.use_bias else no_bias
        relu = self.activation is activations.relu  # applied by the kernel, while the numbers are at hand
        outputs = kernels.forward(inputs, self.kernel.value, bias, self.window, relu)
        activation_cache = outputs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)  # (N, OH, OW, C·M)
        return from_channels_last_array(outputs, self.data_format), (inputs, outputs.shape, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs = cache[0]
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its pixels; so each pixel collects from every window that read it
        grad_inputs = kernels.grad_inputs(grad_linear, self.kernel.value, self.window, inputs.shape)
        return from_channels_last_array(grad_inputs, self.data_format)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, OH, OW, C·M)."""
        inputs, output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(output_shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache)
        # forward: linear = convolve(inputs, kernel) + bias, channel by channel
        grad_kernel, grad_bias = kernels.grad_parameters(inputs, grad_linear, self.window)
        self.kernel.grad += grad_kernel
        if self.use_bias:
            self.bias.grad += grad_bias
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "depth_multiplier": self.depth_multiplier,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "depthwise_initializer": initializers.serialize(self.depthwise_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "depthwise_regularizer": regularizers.serialize(self.depthwise_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "depthwise_constraint": None,
            "bias_constraint": None,
        }
