"""2-D transposed convolution."""

from typing import Any

import numpy as np

from cnn_scratch.kernels import conv2d_transpose as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape


class Conv2DTranspose(Convolution):
    """Adds a small kernel to a larger image for every pixel: a convolution's backward pass, used forward.

    Maths:
        Input pixel (h, w) gives a multiple of the kernel to the window of output pixels
        oh = h·SH + kh·DH − top, ow = w·SW + kw·DW − left (what lies outside is lost)::

            linear[n, oh, ow, f] = Σ over all (h, kh), (w, kw) that meet there
                                   Σ_c inputs[n, h, w, c] · kernel[kh, kw, f, c]  +  bias[f]
            outputs = activation(linear)

        That is ∂loss/∂inputs of a ``Conv2D`` with this kernel, from F to C channels, which takes images
        of the outputs' size to images of the inputs' size. So its own gradients are that convolution's
        other two passes. With g = ∂loss/∂linear::

            ∂loss/∂bias[f]              = Σ_n Σ_oh Σ_ow g[n, oh, ow, f]
            ∂loss/∂inputs[n, h, w, c]   = Σ_kh Σ_kw Σ_f g[n, oh, ow, f] · kernel[kh, kw, f, c]
            ∂loss/∂kernel[kh, kw, f, c] = Σ_n Σ_h Σ_w g[n, oh, ow, f] · inputs[n, h, w, c]

    Args:
        filters: F, the number of output channels.
        kernel_size: (KH, KW), or one number for both.
        strides: (SH, SW), the step in the outputs from one input pixel to the next.
        padding: ``"valid"`` (everything is kept) or ``"same"`` (OH = H·SH).
        output_padding: how many rows and columns the outputs have beyond the smallest possible size,
            below the strides; ``None`` for the sizes above.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: (DH, DW), the distance between the pixels of a window.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per filter is added.
        kernel_initializer, bias_initializer: what the parameters start with.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.
        kernel_constraint, bias_constraint: applied to them after each training step.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``.

    Output shape:
        (N, OH, OW, F). With E = (KH − 1)·DH + 1 and P = output_padding, OH is (H − 1)·SH + E + P for
        ``"valid"`` and (H − 1)·SH + E mod 2 + P for ``"same"``; without P, (H − 1)·SH + max(E, SH) and H·SH.

    Raises:
        ValueError: an argument out of range, or outputs that no convolution takes to the inputs' size.

    Example:
        The pixels 1 and 2, two columns apart, each give the kernel 1 2 3; in the middle they overlap.

        >>> image = np.array([1.0, 2]).reshape(1, 1, 2, 1)
        >>> layer = Conv2DTranspose(1, (1, 3), strides=(1, 2), use_bias=False)
        >>> layer.build(image.shape)
        >>> layer.kernel.assign(np.array([1.0, 2, 3]).reshape(1, 3, 1, 1))
        >>> layer(image)[0, :, :, 0]
        array([[1., 2., 5., 4., 6.]], dtype=float32)

    The readable definition is in ``reference/conv2d_transpose.py``; the kernels are those of ``Conv2D``.
    See Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285).
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=(1, 1),
        padding: str = "valid",
        output_padding=None,
        data_format: str | None = None,
        dilation_rate=(1, 1),
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
        self.set_filters(filters)
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.set_activation(activation, use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.set_output_padding(output_padding, strides)
        self.refuse_strides_with_dilation(strides, dilation_rate)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        N, H, W, _ = self.image_shape(input_shape, self.kernel.shape[3] if self.built else None)
        sizes = self.window.transposed_size(H, W, self.output_padding)
        places = self.window.output_size(*sizes)
        if places != (H, W):
            raise ValueError(
                f"Layer '{self.name}' cannot have outputs of size {sizes}: with "
                f"kernel_size={self.kernel_size}, strides={self.strides}, padding='{self.padding}' a "
                f"convolution takes them to {places}, expected {(H, W)}. "
                f"Received: input shape {tuple(input_shape)}, output_padding={self.output_padding}"
            )
        return self.shape_of_outputs(N, *sizes, self.filters)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, self.filters, C)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        self.bias = self.add_bias(self.filters)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, H, W, C)
        N, H, W, _ = images.shape
        output_shape = (N, *self.window.transposed_size(H, W, self.output_padding), self.filters)
        bias = self.bias_or_zeros(self.filters)
        linear = kernels.forward(images, self.kernel.value, bias, self.window, output_shape)
        outputs, activation_cache = self.activate(linear)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: every pixel gave to its window; so it collects from that window
        *of_parameters, grad_images = kernels.gradients(images, grad_linear, self.kernel.value, self.window)
        self.add_gradients(*of_parameters)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias."""
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        self.add_gradients(*kernels.grad_parameters(images, grad_linear, self.window))

    def add_gradients(self, grad_kernel: np.ndarray, grad_bias: np.ndarray) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias to what is there."""
        # forward: linear = (the backward pass of a convolution)(inputs) + bias
        self.kernel.grad += grad_kernel
        if self.use_bias:
            self.bias.grad += grad_bias

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "output_padding": self.output_padding,
            **self.config_of("kernel", "bias"),
        }
