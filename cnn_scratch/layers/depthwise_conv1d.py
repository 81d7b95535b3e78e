"""1-D convolution of every channel by itself."""

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


class DepthwiseConv1D(Layer):
    """Convolves each channel with small kernels of its own; the channels never meet.

    Maths:
        Each channel c has M kernels, and so M channels of the outputs. As in ``Conv1D``, output place o
        looks at the inputs i = o·S + k·D − left (0 outside the sequence), but there is no sum over the
        channels::

            linear[n, o, c·M + m] = Σ_k inputs[n, i, c] · kernel[k, c, m] + bias[c·M + m]
            outputs = activation(linear)

        With g = ∂loss/∂linear, each gradient collects every term in which its number took part::

            ∂loss/∂bias[f]         = Σ_n Σ_o g[n, o, f]
            ∂loss/∂kernel[k, c, m] = Σ_n Σ_o inputs[n, i, c] · g[n, o, c·M + m]
            ∂loss/∂inputs[n, i, c] = Σ_m Σ kernel[k, c, m] · g[n, o, c·M + m]

        (the last sum goes over all windows that see place i). A sequence is an image of one row:
        ``inputs[:, np.newaxis]`` is (N, 1, L, C), and the 2-D kernels do the work.

    Args:
        kernel_size: K, the length of a window.
        strides: S, the step from one window to the next.
        padding: ``"valid"`` (no border) or ``"same"`` (zeros around, OL = ⌈L / S⌉; the odd zero goes to
            the end).
        depth_multiplier: M, the number of kernels of each channel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: the distance D between the places of a window.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per output channel is added.
        depthwise_initializer, bias_initializer: how the parameters start.
        depthwise_regularizer, bias_regularizer: penalties on them, added to the loss.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, OL, C·M) with OL = ⌊(L − ((K − 1)·D + 1)) / S⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the sequence.

    Example:
        Two channels, 1 2 3 and 10 20 30. The kernel of the first is 1 1 (a sum of neighbours), that of
        the second −1 1 (a difference).

        >>> sequence = np.array([[[1.0, 10], [2, 20], [3, 30]]])
        >>> layer = DepthwiseConv1D(2, use_bias=False)
        >>> layer.build(sequence.shape)
        >>> layer.kernel.assign(np.array([[1.0, -1], [1, 1]]).reshape(2, 2, 1))
        >>> layer(sequence)[0]
        array([[ 3., 10.],
               [ 5., 10.]], dtype=float32)

    The readable definition is in ``reference/depthwise_conv1d.py``; the kernels are those of
    ``DepthwiseConv2D``.
    """

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate=1,
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
        self.kernel_size = standardize_tuple(kernel_size, 1, "kernel_size")
        self.strides = standardize_tuple(strides, 1, "strides")
        self.padding = standardize_padding(padding)
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.dilation_rate = standardize_tuple(dilation_rate, 1, "dilation_rate")
        self.window = Window(
            (1, *self.kernel_size), (1, *self.strides), self.padding, (1, *self.dilation_rate)
        )
        self.data_format = standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 3)
        N, length, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, self.kernel.shape[1] if self.built else None)
        self.window.check_output_size(1, length, self.name)
        output_shape = (N, self.window.output_size(1, length)[1], C * self.depth_multiplier)
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
        images = to_channels_last_array(inputs, self.data_format)[:, np.newaxis]  # (N, 1, L, C)
        kernel = self.kernel.value[np.newaxis]  # (1, K, C, M)
        no_bias = np.zeros(images.shape[-1] * self.depth_multiplier, self.dtype)
        bias = self.bias.value if self.use_bias else no_bias
        relu = self.activation is activations.relu  # applied by the kernel, while the numbers are at hand
        outputs = kernels.forward(images, kernel, bias, self.window, relu)[:, 0]
        activation_cache = outputs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)  # (N, OL, C·M)
        return from_channels_last_array(outputs, self.data_format), (images, outputs.shape, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images = cache[0]
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its places; so each place collects from every window that read it
        kernel = self.kernel.value[np.newaxis]  # (1, K, C, M)
        grad_images = kernels.grad_inputs(grad_linear, kernel, self.window, images.shape)
        return from_channels_last_array(grad_images[:, 0], self.data_format)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, 1, OL, C·M)."""
        images, output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(output_shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache)[:, np.newaxis]
        # forward: linear = convolve(inputs, kernel) + bias, channel by channel
        grad_kernel, grad_bias = kernels.grad_parameters(images, grad_linear, self.window)
        self.kernel.grad += grad_kernel[0]
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
