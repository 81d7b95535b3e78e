"""2-D convolution."""

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


class Conv2D(Layer):
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

        (the bias is added at every pixel; the kernel is shared by all windows; the last sum goes over
        all windows that see the pixel (h, w), each with the kernel number that meets it there).

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
        use_bias: whether a number per filter is added.
        kernel_initializer, bias_initializer: how the parameters start.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.

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

    The readable definition is in ``reference/conv2d.py``; ``kernels/conv2d_direct.py`` makes it fast.
    See Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285).
    """

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
        refuse_constraints(kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)
        self.filters = standardize_tuple(filters, 1, "filters")[0]
        self.groups = standardize_tuple(groups, 1, "groups")[0]
        self.kernel_size = standardize_tuple(kernel_size, 2, "kernel_size")
        self.strides = standardize_tuple(strides, 2, "strides")
        self.padding = standardize_padding(padding)
        self.dilation_rate = standardize_tuple(dilation_rate, 2, "dilation_rate")
        self.window = Window(self.kernel_size, self.strides, self.padding, self.dilation_rate)
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
        self.check_rank(input_shape, 4)
        N, H, W, C = channels_last(input_shape, self.data_format)
        self.check_axis(input_shape, C, self.kernel.shape[2] * self.groups if self.built else None)
        if C % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. Received: "
                f"groups={self.groups}, but layer '{self.name}' got {C} channels (shape {tuple(input_shape)})"
            )
        self.window.check_output_size(H, W, self.name)
        return from_channels_last((N, *self.window.output_size(H, W), self.filters), self.data_format)

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
        inputs = to_channels_last_array(inputs, self.data_format)  # (N, H, W, C)
        bias = self.bias.value if self.use_bias else np.zeros(self.filters, self.dtype)
        relu = self.activation is activations.relu  # applied by the kernel, while the numbers are at hand
        outputs = kernels.forward(inputs, self.kernel.value, bias, self.window, self.groups, relu)
        activation_cache = outputs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)  # (N, OH, OW, F)
        return from_channels_last_array(outputs, self.data_format), (inputs, outputs.shape, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, _, activation_cache = cache
        grad_outputs = self.prepare_grad_outputs(grad_outputs, cache)
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache)
        self.add_gradients(*kernels.grad_parameters(inputs, grad_linear, self.window, self.groups))
        # forward: every window read its pixels; so each pixel collects from every window that read it
        grad_inputs = kernels.grad_inputs(
            grad_linear, self.kernel.value, self.window, inputs.shape, self.groups
        )
        return from_channels_last_array(grad_inputs, self.data_format)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias."""
        inputs, _, activation_cache = cache
        grad_outputs = self.prepare_grad_outputs(grad_outputs, cache)
        relu_outputs = None
        if self.activation is activations.relu:  # the kernel takes it back while it reads the numbers
            relu_outputs = activation_cache
        else:
            grad_outputs = self.activation.backward(grad_outputs, activation_cache)
        self.add_gradients(
            *kernels.grad_parameters(inputs, grad_outputs, self.window, self.groups, relu_outputs)
        )

    def prepare_grad_outputs(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Return ∂loss/∂outputs checked, and in the layout (N, OH, OW, F)."""
        output_shape = from_channels_last(cache[1], self.data_format)
        return to_channels_last_array(self.prepare_gradient(grad_outputs, output_shape), self.data_format)

    def add_gradients(self, grad_kernel: np.ndarray, grad_bias: np.ndarray) -> None:
        """Add ∂loss/∂kernel and ∂loss/∂bias to the gradients of the parameters."""
        # forward: linear = convolve(inputs, kernel) + bias
        self.kernel.grad += grad_kernel
        if self.use_bias:
            self.bias.grad += grad_bias

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
