"""1-D convolution."""

from typing import Any

import numpy as np

from cnn_scratch import activations, initializers, regularizers
from cnn_scratch.kernels import conv2d as kernels
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


class Conv1D(Layer):
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
        kernel_initializer, bias_initializer: how the parameters start.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.

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
        refuse_constraints(kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)
        self.filters = standardize_tuple(filters, 1, "filters")[0]
        self.groups = standardize_tuple(groups, 1, "groups")[0]
        self.kernel_size = standardize_tuple(kernel_size, 1, "kernel_size")
        self.strides = standardize_tuple(strides, 1, "strides")
        self.padding = standardize_padding(padding, allow_causal=True)
        self.dilation_rate = standardize_tuple(dilation_rate, 1, "dilation_rate")
        self.window = Window(
            (1, *self.kernel_size), (1, *self.strides), self.padding, (1, *self.dilation_rate)
        )
        self.data_format = standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}"
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={strides} and dilation_rate={dilation_rate}"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 3)
        N, length, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, self.kernel.shape[1] * self.groups if self.built else None)
        if C % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received: "
                f"groups={self.groups}, but layer '{self.name}' got {C} channels (shape {tuple(input_shape)})"
            )
        self.window.check_output_size(1, length, self.name)
        output_length = self.window.output_size(1, length)[1]
        return from_channels_last((N, output_length, self.filters), self.data_format)

    def build(self, input_shape: Shape) -> None:
        C = channels_last(input_shape, self.data_format)[-1]
        kernel_shape = (*self.kernel_size, C // self.groups, self.filters)
        self.kernel = self.add_weight(
            "kernel", kernel_shape, self.kernel_initializer, self.kernel_regularizer
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,), self.bias_initializer, self.bias_regularizer)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = to_channels_last_array(inputs, self.data_format)[:, np.newaxis]  # (N, 1, L, C)
        kernel = self.kernel.value[np.newaxis]  # (1, K, C / groups, F)
        bias = self.bias.value if self.use_bias else np.zeros(self.filters, self.dtype)
        relu = self.activation is activations.relu  # applied by the kernel, while the numbers are at hand
        outputs = kernels.forward(images, kernel, bias, self.window, self.groups, relu)[:, 0]
        activation_cache = outputs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)  # (N, OL, F)
        return from_channels_last_array(outputs, self.data_format), (images, outputs.shape, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images = cache[0]
        grad_linear = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its places; so each place collects from every window that read it
        kernel = self.kernel.value[np.newaxis]  # (1, K, C / groups, F)
        grad_images = kernels.grad_inputs(grad_linear, kernel, self.window, images.shape, self.groups)
        return from_channels_last_array(grad_images[:, 0], self.data_format)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, 1, OL, F)."""
        images, output_shape, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, from_channels_last(output_shape, self.data_format))
        grad_outputs = to_channels_last_array(grad_outputs, self.data_format)
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache)[:, np.newaxis]
        # forward: linear = convolve(inputs, kernel) + bias
        grad_kernel, grad_bias = kernels.grad_parameters(images, grad_linear, self.window, self.groups)
        self.kernel.grad += grad_kernel[0]
        if self.use_bias:
            self.bias.grad += grad_bias
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": None,
            "bias_constraint": None,
        }
