"""Layers that are computed together, because what one hands to the other would only cross the memory twice.

``fused(layers)`` is what a model walks along instead of its layers. The results are the same; the layers
stay what they are, and own their parameters.
"""

from collections.abc import Sequence

import numpy as np

from cnn_scratch.kernels import max_pooling2d
from cnn_scratch.kernels import normalized_max_pooling2d as kernels
from cnn_scratch.layers import BatchNormalization, Layer, MaxPooling2D
from cnn_scratch.layers.layer import Cache
from cnn_scratch.parameter import Parameter
from cnn_scratch.shapes import Shape


def fused(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers, with one in the place of each pair that can be computed together.

    >>> [type(layer).__name__ for layer in fused([BatchNormalization(), MaxPooling2D(), MaxPooling2D()])]
    ['NormalizedMaxPooling2D', 'MaxPooling2D']
    """
    result: list[Layer] = []
    for layer in layers:
        if result and can_be_computed_together(result[-1], layer):
            result[-1] = NormalizedMaxPooling2D(result[-1], layer)
        else:
            result.append(layer)
    return result


def can_be_computed_together(first: Layer, second: Layer) -> bool:
    """Return whether these are a BatchNormalization and a MaxPooling2D of which one pass can be made."""
    if type(first) is not BatchNormalization or type(second) is not MaxPooling2D:
        return False
    (KH, KW), (SH, SW) = second.pool_size, second.strides
    return (
        KH <= SH
        and KW <= SW  # in overlapping windows, a pixel would be normalized more than once
        and second.data_format == "channels_last"
        and first.axis in (-1, 3)
        and first.dtype == second.dtype
        and first.activity_regularizer is None
        and second.activity_regularizer is None
    )


class NormalizedMaxPooling2D(Layer):
    """A BatchNormalization and the MaxPooling2D behind it.

    Maths:
        outputs = max over the window of (inputs − mean) · scale + shift

        The gradient reaches only the pixels that were taken; so the sums over all pixels in batch
        normalization's gradient are sums over the taken ones.

    Args:
        normalization, pooling: the two layers; the parameters stay theirs.
    """

    def __init__(self, normalization: BatchNormalization, pooling: MaxPooling2D):
        self.normalization, self.pooling = normalization, pooling
        self.name, self.dtype = f"{normalization.name}+{pooling.name}", normalization.dtype
        self.activity_regularizer = None

    @property
    def built(self) -> bool:
        """Whether the normalization has its parameters."""
        return self.normalization.built

    @property
    def weights(self) -> list[Parameter]:
        return self.normalization.weights

    @property
    def trainable_weights(self) -> list[Parameter]:
        return self.normalization.trainable_weights

    def build(self, input_shape: Shape) -> None:
        self.normalization.build(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.pooling.compute_output_shape(self.normalization.compute_output_shape(input_shape))

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)  # (N, H, W, C)
        vectors, statistics = self.normalization.coefficients(inputs, training)
        outputs, places = kernels.forward(inputs, *vectors, self.pooling.window)
        return outputs, (inputs, statistics, places)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, statistics, places = cache
        grad_outputs = self.prepare_gradient(grad_outputs, places.shape)
        (mean, inverse), window = statistics[:2], self.pooling.window
        sums = kernels.gradient_sums(inputs, grad_outputs, places, mean, inverse, window)  # Σ g and Σ g·x̂
        R = inputs.size // inputs.shape[-1]
        scale, slope, shift = self.normalization.add_gradients(*sums, statistics, R)
        # forward: outputs = largest of (inputs - mean) * scale + shift
        if slope is None:
            grad_outputs = grad_outputs * scale.astype(self.dtype)
            return max_pooling2d.grad_inputs(grad_outputs, places, window, inputs.shape)
        return kernels.grad_inputs(inputs, grad_outputs, places, mean, scale, slope, shift, window)
