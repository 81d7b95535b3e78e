"""1-D convolution."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import conv2d as kernels
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape


class Conv1D(Convolution):
    """Slides a small kernel over a sequence and takes a weighted sum at every place.

    Maths:
        Output place o looks at the window of inputs i = o·S + k·D − left (0 outside the sequence), for
        every place k of the kernel::

            linear[n, o, f] = Σ_k Σ_c inputs[n, i, c] · kernel[k, c, f] + bias[f]
            outputs = activation(linear)

        With g = ∂loss/∂linear, each gradient collects every term in which its number took part::

            ∂loss/∂bias[f]         = Σ_n Σ_o g[n, o, f]
            ∂loss/∂kernel[k, c, f] = Σ_n Σ_o inputs[n, i, c] · g[n, o, f]
            ∂loss/∂inputs[n, i, c] = Σ_f Σ kernel[k, c, f] · g[n, o, f]

        (the last sum goes over all windows that see place i, each with the kernel number that meets it
        there). A sequence is an image of one row: ``inputs[:, np.newaxis]`` is (N, 1, L, C), and the 2-D
        kernels do the work.

    Args:
        filters: F, the number of output channels.
        kernel_size: K, the length of a window.
        strides: S, the step from one window to the next.
        padding: ``"valid"`` (no border), ``"same"`` (zeros around, OL = ⌈L / S⌉; the odd zero goes to
            the end), or ``"causal"`` (all zeros come first, so no output depends on what comes later).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: the distance D between the places of a window.
        groups: the channels are cut into this many groups; each filter sees the channels of one.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per filter is added.
        kernel_initializer, bias_initializer: what the parameters start with.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.
        kernel_constraint, bias_constraint: applied to them after each training step.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, OL, F) with OL = ⌊(L − ((K − 1)·D + 1)) / S⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the sequence.

    Example:
        The kernel 1 2 on the numbers 1 2 3: 1·1 + 2·2 = 5, and 1·2 + 2·3 = 8.

        >>> sequence = np.arange(1.0, 4).reshape(1, 3, 1)
        >>> layer = Conv1D(1, 2, use_bias=False)
        >>> layer.build(sequence.shape)
        >>> layer.kernel.assign(np.array([1.0, 2]).reshape(2, 1, 1))
        >>> layer(sequence)[0, :, 0]
        array([5., 8.], dtype=float32)

    The readable definition is in ``reference/conv1d.py``; the kernels are those of ``Conv2D``.
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate=1,
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
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format, allow_causal=True)
        self.set_activation(activation, use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.refuse_strides_with_dilation(strides, dilation_rate)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = self.kernel.shape[1] * self.groups if self.built else None
        N, H, L, _ = self.image_shape(input_shape, channels)  # H = 1
        self.window.check_output_size(H, L, self.name)
        return self.shape_of_outputs(N, *self.window.output_size(H, L), self.filters)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        kernel_shape = (*self.kernel_size, C // self.groups, self.filters)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        self.bias = self.add_bias(self.filters)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, 1, L, C)
        kernel = self.kernel.value[np.newaxis]  # (1, K, C / groups, F)
        bias = self.bias_or_zeros(self.filters)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = kernels.forward(images, kernel, bias, self.window, self.groups, relu)
        outputs, activation_cache = self.activate(outputs, is_done=relu)
        return outputs, (images, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images, _ = cache
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its places; so each place collects from every window that read it
        kernel = self.kernel.value[np.newaxis]  # (1, K, C / groups, F)
        grad_images = kernels.grad_inputs(grad_linear, kernel, self.window, images.shape, self.groups)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, 1, OL, F)."""
        images, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: linear = convolve(inputs, kernel) + bias
        grad_kernel, grad_bias = kernels.grad_parameters(images, grad_linear, self.window, self.groups)
        self.kernel.grad += grad_kernel[0]
        if self.use_bias:
            self.bias.grad += grad_bias
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "groups": self.groups,
            **self.config_of("kernel", "bias"),
        }
