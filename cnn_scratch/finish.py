"""How the results of a convolution are finished in a prediction: scaled, shifted, added to and clipped.

``finished_convolution.py`` says when, and why that is less work.
"""

import dataclasses
import math
from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels import conv2d, depthwise_conv2d, separable_conv2d
from cnn_scratch.kernels.matmul import matmul
from cnn_scratch.layers import Conv2D, Dense, DepthwiseConv2D, Layer, SeparableConv2D
from cnn_scratch.shapes import Shape, Window


class End(NamedTuple):
    """What a kernel can do with its results at the end, in this order; see ``kernels.conv2d.forward``."""

    relu: bool = False
    other: np.ndarray | None = None
    ceiling: float = np.inf


@dataclasses.dataclass(frozen=True)
class Finish:
    """What is done to the results of a convolution: clip(linear · scale + shift + other, floor, ceiling).

    Args:
        scale, shift: a number, or one for each channel.
        other: an array of the results' shape, or ``None``.
        floor, ceiling: 0 or −∞, and ∞ for none.
    """

    scale: np.ndarray | float
    shift: np.ndarray | float
    other: np.ndarray | None
    floor: float
    ceiling: float

    def outputs(
        self, layer: Layer, window: Window | None, inputs: np.ndarray, shape: Shape, relu_before: bool
    ) -> np.ndarray:
        """Return the finished results, of this shape, of a layer without its bias and activation.

        Args:
            window: the layer's, or one that also visits a border of zeros; ``None`` for a Dense.
            relu_before: whether ReLU is applied to the inputs, which only a SeparableConv2D can do.
        """
        shift = np.full(shape[-1], self.shift, layer.dtype)
        kernel = layer.pointwise_kernel.value if type(layer) is SeparableConv2D else layer.kernel.value
        end = End(self.floor == 0, self.other, self.ceiling)
        if isinstance(self.scale, float) and self.scale == 1:
            return convolve(layer, window, inputs, kernel, shift, end, relu_before)
        scale = np.full(shape[-1], self.scale, layer.dtype)
        if kernel.size <= math.prod(shape):
            each = kernel.shape[2:] if type(layer) is DepthwiseConv2D else shape[-1:]
            return convolve(layer, window, inputs, kernel * scale.reshape(each), shift, end, relu_before)
        # The results of one small image are fewer than the numbers of the kernel.
        results = convolve(layer, window, inputs, kernel, np.zeros_like(shift), End(), relu_before)
        results *= scale
        results += shift
        conv2d.finish(results, *end)
        return results


def convolve(
    layer: Layer, window: Window | None, inputs, kernel, bias, end: End, relu_before: bool
) -> np.ndarray:
    """Return what a layer computes with ``kernel`` and ``bias`` in place of its own, and this end."""
    relu, other, ceiling = end
    relu_at_once = relu and other is None
    if type(layer) is Dense:
        outputs = matmul(inputs.reshape(-1, inputs.shape[-1]), kernel, bias, relu_at_once)
        outputs = outputs.reshape(*inputs.shape[:-1], layer.units)
        if other is not None or ceiling < np.inf:
            conv2d.finish(outputs, *end)
        return outputs
    if type(layer) is Conv2D:
        return conv2d.forward(inputs, kernel, bias, window, layer.groups, *end)
    if type(layer) is DepthwiseConv2D:
        ceiling_at_once = ceiling if other is None else np.inf
        outputs = depthwise_conv2d.forward(inputs, kernel, bias, window, relu_at_once, ceiling_at_once)
        if other is not None:
            conv2d.finish(outputs, *end)
        return outputs
    kernels = layer.depthwise_kernel.value, kernel
    return separable_conv2d.forward(inputs, kernels, bias, window, *end, relu_before=relu_before)
