"""2-D convolution of every channel by itself."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import depthwise_conv2d as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape, standardize_tuple


class DepthwiseConv2D(Convolution):
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
        depthwise_initializer, bias_initializer: what the parameters start with.
        depthwise_regularizer, bias_regularizer: penalties on them, added to the loss.
        depthwise_constraint, bias_constraint: applied to them after each training step.

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

    rank = 2

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
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.set_activation(activation, use_bias)
        self.keep_options("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = self.kernel.shape[2] if self.built else None
        N, H, W, C = self.image_shape(input_shape, channels)
        self.window.check_output_size(H, W, self.name)
        return self.shape_of_outputs(N, *self.window.output_size(H, W), C * self.depth_multiplier)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, C, self.depth_multiplier)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("depthwise"))
        self.bias = self.add_bias(C * self.depth_multiplier)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, H, W, C)
        bias = self.bias_or_zeros(images.shape[-1] * self.depth_multiplier)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = kernels.forward(images, self.kernel.value, bias, self.window, relu)
        outputs, activation_cache = self.activate(outputs, is_done=relu)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images, _ = cache
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its pixels; so each pixel collects from every window that read it
        grad_images = kernels.grad_inputs(grad_linear, self.kernel.value, self.window, images.shape)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, OH, OW, C·M)."""
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: linear = convolve(inputs, kernel) + bias, channel by channel
        grad_kernel, grad_bias = kernels.grad_parameters(images, grad_linear, self.window)
        self.kernel.grad += grad_kernel
        if self.use_bias:
            self.bias.grad += grad_bias
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "depth_multiplier": self.depth_multiplier,
            **self.config_of("depthwise", "bias"),
        }
