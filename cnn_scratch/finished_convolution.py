"""A convolution and what is done to its results, computed together in a prediction.

In image models a convolution is followed by batch normalization, the sum of a residual block, a ReLU. Each of
them would read and write all numbers again. But when nothing is learnt, they are only a multiplication and an
addition per channel, a sum, and bounds::

    outputs = clip((inputs ∗ kernel + bias − mean) · scale + beta + other, floor, ceiling)

A convolution is linear, so the scale can go into the kernel, which has far fewer numbers, and the rest is
done while the results are at hand::

    outputs = clip(inputs ∗ (kernel · scale) + shift + other, floor, ceiling)
    shift   = (bias − mean) · scale + beta

The layers themselves do not change, and their parameters are read again in every prediction.
"""

import dataclasses

import numpy as np

from cnn_scratch import activations
from cnn_scratch.clipping import ACTIVATIONS, NO_BOUNDS, RELU, bounds
from cnn_scratch.finish import Finish
from cnn_scratch.kernels.batch_normalization import normalize
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
    SeparableConv2D,
    ZeroPadding2D,
)
from cnn_scratch.picked_pixels import PickedPixels, fits
from cnn_scratch.together import PredictedTogether

# What may follow a convolution, in this order: scales, one sum, one activation.
CONVOLUTIONS = (Conv2D, DepthwiseConv2D, SeparableConv2D, Dense)
SCALES = (BatchNormalization, LayerScale)
SUMS = (Add, CustomScaleLayer)


def computed_together(first, second: Layer, place: int = 0) -> PredictedTogether | None:
    """Return what computes both layers, or ``None`` if each is better computed by itself.

    Args:
        first: a layer, or what this function returned before.
        second: the only reader of its outputs.
        place: which of the inputs of ``second`` they are.

    >>> from cnn_scratch.layers import ReLU
    >>> conv = Conv2D(8, 3, name="conv")
    >>> first_two = computed_together(conv, BatchNormalization(name="bn"))
    >>> computed_together(first_two, ReLU(name="relu"))
    <FinishedConvolution name=conv+bn+relu>
    >>> computed_together(ReLU(), conv) is None
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


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FinishedConvolution(PredictedTogether):
    """A convolution, what is done to its inputs and the layers after it; for predictions only.

    Args:
        convolution: a Conv2D, DepthwiseConv2D, SeparableConv2D or Dense.
        padding: the ZeroPadding2D in front of it: the convolution reads beyond the border instead.
        followers: the layers after it. If a sum is among them, the inputs are a list: the
            convolution's, and what is added.
        before: the ReLU in front of a SeparableConv2D, which reads its inputs once and applies it then.
    """

    convolution: Layer
    padding: ZeroPadding2D | None = None
    followers: tuple[Layer, ...] = ()
    before: Layer | None = None

    @property
    def parts(self) -> list[Layer]:
        in_front = [layer for layer in (self.before, self.padding) if layer]
        return [*in_front, self.convolution, *self.followers]

    @property
    def adds(self) -> bool:
        """Whether one of the followers is a sum."""
        return any(type(layer) in SUMS for layer in self.followers)

    @property
    def _channel_axes(self) -> tuple[int, ...]:
        return (-1,) if type(self.convolution) is Dense else (-1, 3)

    def can_be_followed_by(self, layer: Layer, place: int = 0) -> bool:
        """Return whether ``layer`` can be computed together with these; see ``computed_together``."""
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
        inputs, other = inputs if self.adds else (inputs, None)
        inputs = self.parts[0].prepare_inputs(inputs)
        shape = self.padding.compute_output_shape(inputs.shape) if self.padding else inputs.shape
        shape = self.convolution.compute_output_shape(shape)
        finish = self._finish(other)
        changed = self.before is not None and bounds(self.before.activation) != RELU
        if finish is None or changed or (other is not None and other.shape != shape):
            return self._one_after_the_other(inputs, other)
        window = None if type(self.convolution) is Dense else self.convolution.window
        if self.padding:
            window = dataclasses.replace(window, border=self.padding.padding)
        return finish.outputs(self.convolution, window, inputs, shape, relu_before=self.before is not None)

    def _finish(self, other: np.ndarray | None) -> Finish | None:
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
        for layer in self.parts:
            outputs = layer.infer([other, outputs] if type(layer) in SUMS else outputs)
        return outputs


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class FinishedNormalization(PredictedTogether):
    """A BatchNormalization and the activation after it, with no convolution before them; in one pass.

    Args:
        normalization, activation: the two layers.
    """

    normalization: BatchNormalization
    activation: Layer

    @property
    def parts(self) -> list[Layer]:
        return [self.normalization, self.activation]

    def infer(self, inputs, training: bool = False) -> np.ndarray:
        inputs, within = self.normalization.prepare_inputs(inputs), bounds(self.activation.activation)
        if within is None or self.normalization.axis not in (-1, inputs.ndim - 1):
            return self.activation.infer(self.normalization.infer(inputs))
        vectors, _ = self.normalization.coefficients(inputs, training=False)
        return normalize(inputs, *vectors, *within)
