"""1-D convolution of every channel by itself."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import depthwise_conv2d as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape, standardize_tuple


class DepthwiseConv1D(Convolution):
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
        depthwise_initializer, bias_initializer: what the parameters start with.
        depthwise_regularizer, bias_regularizer: penalties on them, added to the loss.
        depthwise_constraint, bias_constraint: applied to them after each training step.

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

    rank = 1

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
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.set_activation(activation, use_bias)
        self.keep_options("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = self.kernel.shape[1] if self.built else None
        N, H, L, C = self.image_shape(input_shape, channels)  # H = 1
        self.window.check_output_size(H, L, self.name)
        return self.shape_of_outputs(N, *self.window.output_size(H, L), C * self.depth_multiplier)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, C, self.depth_multiplier)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("depthwise"))
        self.bias = self.add_bias(C * self.depth_multiplier)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, 1, L, C)
        kernel = self.kernel.value[np.newaxis]  # (1, K, C, M)
        bias = self.bias_or_zeros(images.shape[-1] * self.depth_multiplier)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = kernels.forward(images, kernel, bias, self.window, relu)
        outputs, activation_cache = self.activate(outputs, is_done=relu)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images, _ = cache
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its places; so each place collects from every window that read it
        kernel = self.kernel.value[np.newaxis]  # (1, K, C, M)
        grad_images = kernels.grad_inputs(grad_linear, kernel, self.window, images.shape)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, 1, OL, C·M)."""
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: linear = convolve(inputs, kernel) + bias, channel by channel
        grad_kernel, grad_bias = kernels.grad_parameters(images, grad_linear, self.window)
        self.kernel.grad += grad_kernel[0]
        if self.use_bias:
            self.bias.grad += grad_bias
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "depth_multiplier": self.depth_multiplier,
            **self.config_of("depthwise", "bias"),
        }
