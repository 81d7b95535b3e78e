"""1-D convolution in two steps: every channel by itself, then all channels of a place."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import conv2d, depthwise_conv2d
from cnn_scratch.layers.convolution import Convolution
from cnn_scratch.layers.layer import Cache
from cnn_scratch.shapes import Shape, Window, standardize_tuple

POINT = Window((1, 1))


class SeparableConv1D(Convolution):
    """A depthwise convolution, which mixes places, and then one of length 1, which mixes channels.

    Maths:
        With i as in ``Conv1D``, D = depthwise kernel and P = pointwise kernel::

            spread[n, o, c·M + m] = Σ_k inputs[n, i, c] · D[k, c, m]
            linear[n, o, f]       = Σ_k spread[n, o, k] · P[0, k, f] + bias[f]
            outputs = activation(linear)

        It has K·C·M + C·M·F numbers, where a full convolution has K·C·F. Backward goes through the two
        steps in reverse; with g = ∂loss/∂linear and s = ∂loss/∂spread::

            ∂loss/∂P[0, k, f] = Σ_n Σ_o spread[n, o, k] · g[n, o, f]
            s[n, o, k]        = Σ_f g[n, o, f] · P[0, k, f]

        and ∂loss/∂D and ∂loss/∂inputs follow from s as in ``DepthwiseConv1D``. A sequence is an image of
        one row: ``inputs[:, np.newaxis]`` is (N, 1, L, C), and the 2-D kernels do the work.

    Args:
        filters: F, the number of output channels.
        kernel_size: K, the length of a window.
        strides: S, the step from one window to the next.
        padding: ``"valid"`` (no border) or ``"same"`` (zeros around, OL = ⌈L / S⌉; the odd zero goes to
            the end).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        dilation_rate: the distance between the places of a window.
        depth_multiplier: M, the number of depthwise kernels of each channel.
        activation: a name or an activation object, applied last.
        use_bias: whether a number per filter is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: what the parameters start with.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalties on them, added to
            the loss.
        depthwise_constraint, pointwise_constraint, bias_constraint: applied to them after each training step.

    Input shape:
        (N, L, C), or (N, C, L) with ``channels_first``.

    Output shape:
        (N, OL, F) with OL = ⌊(L − ((K − 1)·dilation_rate + 1)) / S⌋ + 1 for ``"valid"``.

    Raises:
        ValueError: an argument out of range, or a window that does not fit into the sequence.

    Example:
        Two channels, 1 2 3 and 10 20 30. Depthwise, the first becomes sums of neighbours (3 5), the
        second differences (10 10); the pointwise kernel takes 1 of the first and 2 of the second.

        >>> sequence = np.array([[[1.0, 10], [2, 20], [3, 30]]])
        >>> layer = SeparableConv1D(1, 2, use_bias=False)
        >>> layer.build(sequence.shape)
        >>> layer.depthwise_kernel.assign(np.array([[1.0, -1], [1, 1]]).reshape(2, 2, 1))
        >>> layer.pointwise_kernel.assign(np.array([1.0, 2]).reshape(1, 2, 1))
        >>> layer(sequence)[0, :, 0]
        array([23., 25.], dtype=float32)

    The readable definition is in ``reference/separable_conv1d.py``. See Chollet, "Xception: Deep learning
    with depthwise separable convolutions" (arXiv:1610.02357).
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
        depth_multiplier: int = 1,
        activation=None,
        use_bias: bool = True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.set_filters(filters)
        self.depth_multiplier = standardize_tuple(depth_multiplier, 1, "depth_multiplier")[0]
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.set_activation(activation, use_bias)
        self.keep_options("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_options("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = self.depthwise_kernel.shape[1] if self.built else None
        N, H, L, _ = self.image_shape(input_shape, channels)  # H = 1
        self.window.check_output_size(H, L, self.name)
        return self.shape_of_outputs(N, *self.window.output_size(H, L), self.filters)

    def build(self, input_shape: Shape) -> None:
        *_, C = self.image_shape(input_shape)
        depthwise_shape = (*self.kernel_size, C, self.depth_multiplier)
        pointwise_shape = (1, C * self.depth_multiplier, self.filters)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", depthwise_shape, **self.options_of("depthwise")
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", pointwise_shape, **self.options_of("pointwise")
        )
        self.bias = self.add_bias(self.filters)
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        images = self.to_images(self.prepare_inputs(inputs))  # (N, 1, L, C)
        depthwise, pointwise = self.kernels_of_images()
        no_bias = np.zeros(pointwise.shape[2], self.dtype)
        spread = depthwise_conv2d.forward(images, depthwise, no_bias, self.window)  # (N, 1, OL, C·M)
        bias = self.bias_or_zeros(self.filters)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = conv2d.forward(spread, pointwise, bias, POINT, relu=relu)
        outputs, activation_cache = self.activate(outputs, is_done=relu)
        return outputs, (images, spread, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        images = cache[0]
        grad_spread = self.backward_parameters(grad_outputs, cache)
        # forward: every window read its places; so each place collects from every window that read it
        depthwise, _ = self.kernels_of_images()
        grad_images = depthwise_conv2d.grad_inputs(grad_spread, depthwise, self.window, images.shape)
        return self.from_images(grad_images)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂(both kernels) and ∂loss/∂bias; return ∂loss/∂spread, (N, 1, OL, C·M)."""
        images, spread, activation_cache = cache
        grad_linear = self.grad_linear(grad_outputs, activation_cache)
        # forward: linear = spread @ pointwise_kernel + bias, at every place
        grad_pointwise, grad_bias = conv2d.grad_parameters(spread, grad_linear, POINT)
        self.pointwise_kernel.grad += grad_pointwise[0]
        if self.use_bias:
            self.bias.grad += grad_bias
        _, pointwise = self.kernels_of_images()
        grad_spread = conv2d.grad_inputs(grad_linear, pointwise, POINT, spread.shape)
        # forward: spread = convolve(inputs, depthwise_kernel), channel by channel
        grad_depthwise, _ = depthwise_conv2d.grad_parameters(images, grad_spread, self.window)
        self.depthwise_kernel.grad += grad_depthwise[0]
        return grad_spread

    def kernels_of_images(self) -> tuple[np.ndarray, np.ndarray]:
        """Return both kernels for images of one row: (1, K, C, M) and (1, 1, C·M, F)."""
        return self.depthwise_kernel.value[np.newaxis], self.pointwise_kernel.value[np.newaxis]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "filters": self.filters,
            "depth_multiplier": self.depth_multiplier,
            **self.config_of("depthwise", "pointwise", "bias"),
        }
