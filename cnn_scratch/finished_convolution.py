"""A convolution and what is done to its results, computed together in a prediction.

Behind the convolutions of an image model stand batch normalization, the sum of a residual block, ReLU. Each
of them would read and write all numbers again. But when nothing is learnt, they are a multiplication and
an addition per channel, a sum, and bounds::

    outputs = clip((inputs ∗ kernel + bias − mean) · scale + beta + other, floor, ceiling)

A convolution is linear, so the scale can go into the kernel, which has far fewer numbers, and the rest is
done while the results are at hand::

    outputs = clip(inputs ∗ (kernel · scale) + shift + other, floor, ceiling)
    shift   = (bias − mean) · scale + beta

The layers stay what they are, and their parameters are read anew in every prediction.
"""

import dataclasses
import math

import numpy as np

from cnn_scratch import activations
from cnn_scratch.activation import Activation, BuiltIn
from cnn_scratch.kernels import conv2d, depthwise_conv2d, separable_conv2d
from cnn_scratch.kernels.batch_normalization import normalize
from cnn_scratch.kernels.matmul import matmul
from cnn_scratch.layers import Activation as ActivationLayer
from cnn_scratch.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Cropping2D,
    CustomScaleLayer,
    Dense,
    DepthwiseConv2D,
    Layer,
    LayerScale,
    ReLU,
    SeparableConv2D,
    ZeroPadding2D,
)
from cnn_scratch.parameter import Parameter
from cnn_scratch.picked_pixels import PickedPixels, fits
from cnn_scratch.shapes import Shape

# What may follow a convolution, in this order: scales, one sum, one activation.
CONVOLUTIONS = (Conv2D, DepthwiseConv2D, SeparableConv2D, Dense)
SCALES = (BatchNormalization, LayerScale)
SUMS = (Add, CustomScaleLayer)
ACTIVATIONS = (ReLU, ActivationLayer)


def together(
    first, second: Layer, place: int = 0
) -> "FinishedConvolution | FinishedNormalization | PickedPixels | None":
    """Return what computes both layers, or ``None`` if each is better computed by itself.

    Args:
        first: a layer, or what this function returned before.
        second: the only reader of its outputs.
        place: which of the inputs of ``second`` they are.

    >>> conv = Conv2D(8, 3, name="conv")
    >>> together(together(conv, BatchNormalization(name="bn")), ReLU(name="relu"))
    <FinishedConvolution name=conv+bn+relu>
    >>> together(ReLU(), conv) is None
    True
    """
    if type(first) is BatchNormalization:
        can = type(second) in ACTIVATIONS and first.dtype == second.dtype
        return FinishedNormalization(first, second) if can and bounds(second.activation) else None
    if type(first) is ZeroPadding2D and type(second) is Cropping2D:
        return PickedPixels(first, second) if fits(second, first) else None
    if type(first) is PickedPixels:
        return dataclasses.replace(first, pooling=second) if first.can_be_followed_by(second) else None
    if type(first) is ZeroPadding2D:
        return FinishedConvolution(second, first) if can_be_padded(second, first) else None
    if type(first) in ACTIVATIONS:
        return FinishedConvolution(second, before=first) if can_be_before(first, second) else None
    if type(first) in CONVOLUTIONS and getattr(first, "data_format", "channels_last") == "channels_last":
        first = FinishedConvolution(first)
    if not isinstance(first, FinishedConvolution) or not first.can_be_followed_by(second, place):
        return None
    return dataclasses.replace(first, followers=(*first.followers, second))


def can_be_before(activation: Layer, layer: Layer) -> bool:
    """Return whether the layer can apply the activation to its inputs itself."""
    return (
        type(layer) is SeparableConv2D
        and bounds(activation.activation) == RELU
        and layer.data_format == "channels_last"
        and layer.dtype == activation.dtype
        and bounds(layer.activation) is not None
    )


def can_be_padded(layer: Layer, padding: ZeroPadding2D) -> bool:
    """Return whether the layer can read zeros around its inputs itself."""
    return (
        type(layer) in (Conv2D, DepthwiseConv2D, SeparableConv2D)
        and layer.padding == "valid"
        and layer.kernel_size != (1, 1)  # a product of matrices, with no border to look beyond
        and layer.data_format == padding.data_format == "channels_last"
        and layer.dtype == padding.dtype
        and bounds(layer.activation) is not None
    )


def bounds(activation: Activation) -> tuple[float, float] | None:
    """Return floor and ceiling if that is all the activation does.

    >>> bounds(activations.linear), bounds(activations.relu6), bounds(activations.tanh)
    ((-inf, inf), (0.0, 6.0), None)
    """
    if activation is activations.linear:
        return NO_BOUNDS
    if activation is activations.relu6:
        return 0.0, 6.0
    options = activation.options if isinstance(activation, BuiltIn) and activation.name == "relu" else None
    if options is None or options["negative_slope"] or options["threshold"]:
        return None
    return 0.0, math.inf if options["max_value"] is None else float(options["max_value"])


NO_BOUNDS, RELU = (-math.inf, math.inf), (0.0, math.inf)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FinishedConvolution:
    """A convolution, what is done to its inputs and the layers behind it; for predictions only.

    Args:
        convolution: a Conv2D, DepthwiseConv2D, SeparableConv2D or Dense.
        padding: the ZeroPadding2D in front of it: the convolution reads beyond the border instead.
        followers: the layers behind it. If a sum is among them, the inputs are a list: the
            convolution's, and what is added.
        before: the ReLU in front of a SeparableConv2D, which reads its inputs once and applies it then.
    """

    convolution: Layer
    padding: ZeroPadding2D | None = None
    followers: tuple[Layer, ...] = ()
    before: Layer | None = None

    @property
    def layers(self) -> list[Layer]:
        """All of them, in order."""
        in_front = [layer for layer in (self.before, self.padding) if layer]
        return [*in_front, self.convolution, *self.followers]

    @property
    def name(self) -> str:
        return "+".join(layer.name for layer in self.layers)

    @property
    def weights(self) -> list[Parameter]:
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def adds(self) -> bool:
        """Whether one of the followers is a sum."""
        return any(type(layer) in SUMS for layer in self.followers)

    @property
    def _channel_axes(self) -> tuple[int, ...]:
        return (-1,) if type(self.convolution) is Dense else (-1, 3)

    def can_be_followed_by(self, layer: Layer, place: int = 0) -> bool:
        """Return whether ``layer`` can be computed together with these; see ``together``."""
        kind, last = type(layer), type(self.followers[-1]) if self.followers else None
        if kind not in SCALES + SUMS + ACTIVATIONS or layer.dtype != self.convolution.dtype:
            return False
        if self.convolution.activation is not activations.linear or last in ACTIVATIONS:
            return False
        if kind in ACTIVATIONS:
            return bounds(layer.activation) is not None
        if kind is BatchNormalization and layer.axis not in self._channel_axes:
            return False
        if kind is CustomScaleLayer and place != 1:  # the second input is scaled
            return False
        return last not in SUMS

    def infer(self, inputs, training: bool = False) -> np.ndarray:
        """Return the outputs of the last layer."""
        inputs, other = inputs if self.adds else (inputs, None)
        inputs = self.layers[0].prepare_inputs(inputs)
        shape = self.padding.compute_output_shape(inputs.shape) if self.padding else inputs.shape
        shape = self.convolution.compute_output_shape(shape)
        finish = self._finish(other)
        changed = self.before is not None and bounds(self.before.activation) != RELU
        if finish is None or changed or (other is not None and other.shape != shape):
            return self._one_after_the_other(inputs, other)
        border = {"border": self.padding.padding} if self.padding else {}
        return finish.outputs(self.convolution, border, inputs, shape, relu_before=self.before is not None)

    def _finish(self, other: np.ndarray | None) -> "Finish | None":
        """Return what is done to the results; ``None`` if a layer was changed and this cannot be said."""
        layer, within = self.convolution, bounds(self.convolution.activation)
        if self.followers and within != NO_BOUNDS:
            return None
        scale, shift = 1.0, layer.bias.value if layer.use_bias else 0.0
        for follower in self.followers:
            if type(follower) is BatchNormalization:
                mean, factor, beta = follower.coefficients(None, training=False)[0]
                scale, shift = scale * factor, (shift - mean) * factor + beta
            elif type(follower) in (LayerScale, CustomScaleLayer):
                factor = follower.gamma.value if type(follower) is LayerScale else follower.scale
                scale, shift = scale * factor, shift * factor
            elif type(follower) in ACTIVATIONS:
                within = bounds(follower.activation)
        return Finish(scale, shift, other, *within) if within else None

    def _one_after_the_other(self, outputs: np.ndarray, other: np.ndarray | None) -> np.ndarray:
        for layer in self.layers:
            outputs = layer.infer([other, outputs] if type(layer) in SUMS else outputs)
        return outputs

    def __repr__(self) -> str:
        return f"<FinishedConvolution name={self.name}>"


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedNormalization:
    """A BatchNormalization and the activation behind it, where no convolution is before them; in one pass.

    Args:
        normalization, activation: the two layers.
    """

    normalization: BatchNormalization
    activation: Layer

    @property
    def name(self) -> str:
        return f"{self.normalization.name}+{self.activation.name}"

    @property
    def weights(self) -> list[Parameter]:
        return self.normalization.weights

    def infer(self, inputs, training: bool = False) -> np.ndarray:
        """Return the outputs of the activation."""
        inputs, within = self.normalization.prepare_inputs(inputs), bounds(self.activation.activation)
        if within is None or self.normalization.axis not in (-1, inputs.ndim - 1):
            return self.activation.infer(self.normalization.infer(inputs))
        vectors, _ = self.normalization.coefficients(inputs, training=False)
        return normalize(inputs, *vectors, *within)


@dataclasses.dataclass(frozen=True)
class Finish:
    """What is done to the results of a convolution: clip(linear · scale + shift + other, floor, ceiling).

    Args:
        scale, shift: a number, or one for each channel.
        other: an array of the results' shape, or ``None``.
        floor, ceiling: −∞ and ∞ for none.
    """

    scale: np.ndarray | float
    shift: np.ndarray | float
    other: np.ndarray | None
    floor: float
    ceiling: float

    def outputs(
        self, layer: Layer, border: dict, inputs: np.ndarray, shape: Shape, relu_before: bool
    ) -> np.ndarray:
        """Return the finished results, of this shape, of a layer without its bias and activation.

        Args:
            border: what the layer's window has instead of its own, for ``dataclasses.replace``.
            relu_before: whether ReLU is applied to the inputs, which only a SeparableConv2D can do.
        """
        shift = np.full(shape[-1], self.shift, layer.dtype)
        kernel = layer.pointwise_kernel.value if type(layer) is SeparableConv2D else layer.kernel.value
        end = {"relu": self.floor == 0, "other": self.other, "ceiling": self.ceiling}
        before = {"relu_before": relu_before}
        if isinstance(self.scale, float) and self.scale == 1:
            return convolve(layer, border, inputs, kernel, shift, **end, **before)
        scale = np.full(shape[-1], self.scale, layer.dtype)
        if kernel.size <= math.prod(shape):
            each = kernel.shape[2:] if type(layer) is DepthwiseConv2D else shape[-1:]
            return convolve(layer, border, inputs, kernel * scale.reshape(each), shift, **end, **before)
        # The results of one small image are fewer than the numbers of the kernel.
        results = convolve(layer, border, inputs, kernel, np.zeros_like(shift), **before)
        results *= scale
        results += shift
        conv2d.finish(results, **end)
        return results


def convolve(
    layer: Layer,
    border: dict,
    inputs,
    kernel,
    bias,
    relu=False,
    other=None,
    ceiling=np.inf,
    relu_before=False,
):
    """Return what a layer computes with ``kernel`` and ``bias`` in the place of its own, and this end."""
    end, relu_at_once = {"relu": relu, "other": other, "ceiling": ceiling}, relu and other is None
    if type(layer) is Dense:
        outputs = matmul(inputs.reshape(-1, inputs.shape[-1]), kernel, bias, relu_at_once)
        outputs = outputs.reshape(*inputs.shape[:-1], layer.units)
        if other is not None or ceiling < np.inf:
            conv2d.finish(outputs, **end)
        return outputs
    window = dataclasses.replace(layer.window, **border)
    if type(layer) is Conv2D:
        return conv2d.forward(inputs, kernel, bias, window, layer.groups, **end)
    if type(layer) is DepthwiseConv2D:
        ceiling_at_once = ceiling if other is None else np.inf
        outputs = depthwise_conv2d.forward(inputs, kernel, bias, window, relu_at_once, ceiling_at_once)
        if other is not None:
            conv2d.finish(outputs, **end)
        return outputs
    depthwise = layer.depthwise_kernel.value
    return separable_conv2d.forward(inputs, depthwise, kernel, bias, window, relu_before=relu_before, **end)


# What ``together`` makes.
FOR_INFERENCE = (FinishedConvolution, FinishedNormalization, PickedPixels)
