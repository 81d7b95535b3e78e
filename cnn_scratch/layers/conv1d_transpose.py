"""1-D transposed convolution."""

from typing import Any

import numpy as np

from cnn_scratch.kernels import conv2d as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape


class Conv1DTranspose(Convolution):
    """Adds a small kernel to a longer sequence for every place: a convolution's backward pass, used forward.

    Maths:
        Input place i gives a multiple of the kernel to the window of output places o = i·S + k·D − left
        (what lies outside is lost)::

            linear[n, o, f] = Σ over all (i, k) that meet there
                              Σ_c inputs[n, i, c] · kernel[k, f, c]  +  bias[f]
            outputs = activation(linear)

        That is ∂loss/∂inputs of a ``Conv1D`` with this kernel, from F to C channels, which takes sequences
        of the outputs' length to those of the inputs' length. So its own gradients are that convolution's
        other two passes. With g = ∂loss/∂linear::

            ∂loss/∂bias[f]         = Σ_n Σ_o g[n, o, f]
            ∂loss/∂inputs[n, i, c] = Σ_k Σ_f g[n, o, f] · kernel[k, f, c]
            ∂loss/∂kernel[k, f, c] = Σ_n Σ_i g[n, o, f] · inputs[n, i, c]

        A sequence is an image of one row: ``inputs[:, np.newaxis]`` is (N, 1, L, C), and the 2-D kernels do
        the work.

    Args:
        filters: F, the number of output channels.
        kernel_size: K, the length of a window.
        strides: S, the step in the outputs from one input place to the next.
        padding: ``"valid"`` (everything is kept) or ``"same"`` (OL = L·S).
        output_padding: how many places the outputs have beyond the smallest possible length, below the
            strides; ``None`` for the lengths above.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: the distance D between the places of a window.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per filter is added.
        kernel_initializer, bias_initializer: what the parameters start with.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.
        kernel_constraint, bias_constraint: applied to them after each training step.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, OL, F). With E = (K − 1)·D + 1 and P = output_padding, OL is (L − 1)·S + E + P for ``"valid"``
        and (L − 1)·S + E mod 2 + P for ``"same"``; without P, (L − 1)·S + max(E, S) and L·S.

    Raises:
        ValueError: an argument out of range, or outputs that no convolution takes to the inputs' length.

    Example:
        The numbers 1 and 2, two places apart, each give the kernel 1 2 3; in the middle they overlap.

        >>> sequence = np.array([1.0, 2]).reshape(1, 2, 1)
        >>> layer = Conv1DTranspose(1, 3, strides=2, use_bias=False)
        >>> layer.build(sequence.shape)
        >>> layer.kernel.assign(np.array([1.0, 2, 3]).reshape(3, 1, 1))
        >>> layer(sequence)[0, :, 0]
        array([1., 2., 5., 4., 6.], dtype=float32)

    The readable definition is in ``reference/conv1d_transpose.py``; the kernels are those of ``Conv2D``.
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=1,
        padding: str = "valid",
        output_padding=None,
        data_format: str | None = None,
        dilation_rate=1,
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
        N, H, L, _ = self.image_shape(input_shape, self.kernel.shape[2] if self.built else None)  # H = 1
        output_length = self.output_length(L)
        _, places = self.window.output_size(H, output_length)
        if places != L:
            raise ValueError(
                f"Layer '{self.name}' cannot have outputs of length {output_length}: with "
                f"kernel_size={self.kernel_size}, strides={self.strides}, padding='{self.padding}' a "
                f"convolution takes them to {places}, expected {L}. "
                f"Received: input shape {tuple(input_shape)}, output_padding={self.output_padding}"
            )
        return self.shape_of_outputs(N, H, output_length, self.filters)

    def output_length(self, length: int | None) -> int | None:
        """Return the length of the outputs for inputs of this length."""
        more = None if self.output_padding is None else (0, *self.output_padding)
        return self.window.transposed_size(1, length, more)[1]

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, self.filters, C)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        self.bias = self.add_bias(self.filters)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, 1, L, C)
        N, H, L, _ = images.shape  # H = 1
        output_shape = (N, H, self.output_length(L), self.filters)
        bias = self.bias_or_zeros(self.filters)
        linear = kernels.transposed(images, self.kernel.value[np.newaxis], bias, self.window, output_shape)
        outputs, activation_cache = self.activate(linear)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every place gave to its window; so it collects from that window
        no_bias = np.zeros(self.kernel.shape[2], self.dtype)
        grad_images = kernels.forward(grad_linear, self.kernel.value[np.newaxis], no_bias, self.window)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, 1, OL, F)."""
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: linear = (the backward pass of a convolution)(inputs) + bias
        grad_kernel, _ = kernels.grad_parameters(grad_linear, images, self.window)
        self.kernel.grad += grad_kernel[0]
        if self.use_bias:
            self.bias.grad += grad_linear.sum(axis=(0, 1, 2))  # the bias was added to every place
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "output_padding": self.output_padding,
            **self.config_of("kernel", "bias"),
        }
