"""2-D convolution."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import conv2d as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape


class Conv2D(Convolution):
    """Slides a small kernel over an image and takes a weighted sum at every place.

    Maths:
        Output pixel (oh, ow) looks at the window of input pixels h = oh·SH + kh·DH − top,
        w = ow·SW + kw·DW − left (0 outside the image), for every place (kh, kw) of the kernel::

            linear[n, oh, ow, f] = Σ_kh Σ_kw Σ_c  inputs[n, h, w, c] · kernel[kh, kw, c, f]  +  bias[f]
            outputs = activation(linear)

        With g = ∂loss/∂linear, each gradient collects every term in which its number took part::

            ∂loss/∂bias[f]              = Σ_n Σ_oh Σ_ow g[n, oh, ow, f]
            ∂loss/∂kernel[kh, kw, c, f] = Σ_n Σ_oh Σ_ow inputs[n, h, w, c] · g[n, oh, ow, f]
            ∂loss/∂inputs[n, h, w, c]   = Σ_f Σ kernel[kh, kw, c, f] · g[n, oh, ow, f]

        The bias is added at every pixel, and all windows share the kernel. The last sum goes over all
        windows that see the pixel (h, w), each with the place (kh, kw) at which the window sees it.

    Args:
        filters: F, the number of output channels.
        kernel_size: (KH, KW), or one number for both.
        strides: (SH, SW), the step from one window to the next.
        padding: ``"valid"`` (no border) or ``"same"`` (zeros around, OH = ⌈H / SH⌉; the odd row or
            column of zeros goes to the bottom or right).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: (DH, DW), the distance between the pixels of a window.
        groups: the channels are cut into this many groups; each filter sees the channels of one.
        activation: a name or an activation object, applied last.
        use_bias: whether a bias, one number per filter, is added.
        kernel_initializer, bias_initializer: what the parameters start with.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.
        kernel_constraint, bias_constraint: applied to them after each training step.
        activity_regularizer, **kwargs: see ``Layer``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, F) with OH = ⌊(H − ((KH − 1)·DH + 1)) / SH⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the image.

    Example:
        A 2×2 kernel with the numbers 0 1 2 3 on a 3×3 image with the numbers 0 … 8. The first
        window holds 0, 1, 3, 4, so the first output is 0·0 + 1·1 + 3·2 + 4·3 = 19.

        >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> layer = Conv2D(1, 2, use_bias=False)
        >>> layer.build(image.shape)
        >>> layer.kernel.assign(np.arange(4.0).reshape(2, 2, 1, 1))
        >>> layer(image)[0, :, :, 0]
        array([[19., 25.],
               [37., 43.]], dtype=float32)

    The readable definition is in ``reference/conv2d.py``. ``kernels/conv2d.py`` makes it fast: it chooses
    an algorithm, most often ``kernels/conv2d_direct.py``. What all convolutions share, such as checking
    their arguments, is in ``layers/convolution.py``.
    See Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285).
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=(1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate=(1, 1),
        groups: int = 1,
        activation=None,
        use_bias: bool = True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.set_filters(filters, groups)
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.set_activation(activation, use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.refuse_strides_with_dilation(strides, dilation_rate)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = self.kernel.shape[2] * self.groups if self.built else None
        N, H, W, _ = self.image_shape(input_shape, channels)
        self.window.check_output_size(H, W, self.name)
        return self.shape_of_outputs(N, *self.window.output_size(H, W), self.filters)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, C // self.groups, self.filters)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        self.bias = self.add_bias(self.filters)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, H, W, C)
        bias = self.bias_or_zeros(self.filters)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = kernels.forward(images, self.kernel.value, bias, self.window, self.groups, relu)
        outputs, activation_cache = self.activate(outputs, is_done=relu)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images, activation_cache = cache
        grads, relu_outputs = self.grads_for_kernels(grad_outputs, activation_cache)
        # forward: every window read its pixels; so each pixel collects from every window that read it
        *of_parameters, grad_images = kernels.gradients(
            images, grads, self.kernel.value, self.window, self.groups, relu_outputs
        )
        self.add_gradients(*of_parameters)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias."""
        images, activation_cache = cache
        grads, relu_outputs = self.grads_for_kernels(grad_outputs, activation_cache)
        self.add_gradients(*kernels.grad_parameters(images, grads, self.window, self.groups, relu_outputs))

    def grads_for_kernels(self, grad_outputs: np.ndarray, cache: Cache) -> tuple:
        """Return ∂loss/∂linear, (N, OH, OW, F), and ``None``.

        With a ReLU, return ∂loss/∂outputs and the outputs instead: the kernels go back through the ReLU
        themselves, while they read the numbers.
        """
        if self.activation is not activations.relu:
            return self.grad_linear(grad_outputs, cache), None
        output_shape, outputs = cache
        grad_outputs = self.to_images(self.prepare_gradient(grad_outputs, output_shape))
        return grad_outputs, self.to_images(outputs)

    def add_gradients(self, grad_kernel: np.ndarray, grad_bias: np.ndarray) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias to the gradients of the parameters."""
        # forward: linear = convolve(inputs, kernel) + bias
        self.kernel.grad += grad_kernel
        if self.use_bias:
            self.bias.grad += grad_bias

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "groups": self.groups,
            **self.config_of("kernel", "bias"),
        }
