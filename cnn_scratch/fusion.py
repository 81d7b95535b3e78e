"""Layers that are computed together, so that what one hands to the next need not go to memory and back.

``fused(layers)`` is what a model walks along instead of its layers. The results are the same. The layers
themselves do not change, and keep their parameters.
"""

import copy
from collections.abc import Sequence

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels import conv2d_then_pooling, max_pooling2d
from cnn_scratch.kernels import normalized_max_pooling2d as kernels
from cnn_scratch.kernels.batch_normalization import gradient_sums, normalize
from cnn_scratch.layers import BatchNormalization, Conv2D, Layer, MaxPooling2D
from cnn_scratch.layers.layer import Cache
from cnn_scratch.normalized_activation import NormalizedActivation, can_be_activated
from cnn_scratch.together import TrainedTogether


def fused(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers, with one thing in place of those that can be computed together.

    >>> convolution, normalization, pooling = Conv2D(8, 3), BatchNormalization(), MaxPooling2D()
    >>> [type(layer).__name__ for layer in fused([convolution, pooling, normalization, pooling])]
    ['PooledConv2D', 'NormalizedMaxPooling2D']
    >>> [type(layer).__name__ for layer in fused([convolution, normalization, pooling, pooling])]
    ['NormalizedPooledConv2D', 'MaxPooling2D']
    >>> from cnn_scratch.layers import ReLU
    >>> [type(layer).__name__ for layer in fused([convolution, normalization, ReLU()])]
    ['Conv2D', 'NormalizedActivation']
    """
    result: list[Layer] = []
    for layer in layers:
        if type(layer) is MaxPooling2D and result and can_be_pooled(result[-1], layer):
            together = [result.pop(), layer]
            if (
                type(together[0]) is BatchNormalization
                and result
                and type(result[-1]) is Conv2D
                and can_be_pooled(result[-1], layer)
            ):
                together.insert(0, result.pop())
            layer = TOGETHER[tuple(type(part) for part in together)](*together)
        elif result and can_be_activated(result[-1], layer):
            layer = NormalizedActivation(result.pop(), layer)
        result.append(layer)
    return result


def can_be_pooled(layer: Layer, pooling: MaxPooling2D) -> bool:
    """Return whether ``layer`` is a convolution or normalization that can be computed with the pooling."""
    kind = type(layer)
    if kind is Conv2D:
        # The gradient of another activation needs all of its outputs.
        can = (
            layer.activation in (activations.relu, activations.linear)
            and layer.data_format == "channels_last"
        )
    elif kind is BatchNormalization:
        # In overlapping windows, a pixel would be normalized more than once.
        can = layer.axis in (-1, 3) and all(map(int.__le__, pooling.pool_size, pooling.strides))
    else:
        can = False
    return (
        can
        and pooling.data_format == "channels_last"
        and layer.dtype == pooling.dtype
        and layer.activity_regularizer is None
        and pooling.activity_regularizer is None
    )


class NormalizedMaxPooling2D(TrainedTogether):
    """A BatchNormalization and the MaxPooling2D after it.

    Maths:
        outputs = max over the window of (inputs − mean) · scale + shift

        The gradient reaches only the pixels that were taken; so the sums over all pixels in batch
        normalization's gradient are sums over the taken ones.

    Args:
        normalization, pooling: the two layers.
    """

    def __init__(self, normalization: BatchNormalization, pooling: MaxPooling2D):
        super().__init__(normalization, pooling)
        self.normalization, self.pooling = normalization, pooling

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


class PooledConv2D(TrainedTogether):
    """A Conv2D, with ReLU or no activation, and the MaxPooling2D after it.

    Maths:
        outputs = max over the window of activation(convolve(inputs, kernel) + bias)

        What the convolution gives is not kept. An output *is* the pixel that it was taken from, and so its
        gradient goes to that pixel, through ReLU if it is positive; all other gradients are 0.

    Args:
        convolution, pooling: the two layers.
    """

    def __init__(self, convolution: Conv2D, pooling: MaxPooling2D):
        super().__init__(convolution, pooling)
        self.convolution, self.pooling = convolution, pooling

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)  # (N, H, W, C)
        outputs, places = convolve(conv2d_then_pooling.forward, inputs, self.convolution, self.pooling)
        return outputs, (inputs, outputs, places)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, outputs, places = cache
        grad_outputs = self.prepare_gradient(grad_outputs, outputs.shape)
        # forward: each output is one pixel of its window; so that pixel gets the output's gradient
        linear_shape = self.convolution.compute_output_shape(inputs.shape)
        grad_linear = max_pooling2d.grad_inputs(
            grad_outputs, places, self.pooling.window, linear_shape, self._relu_outputs(outputs)
        )
        linear = copy.copy(self.convolution)  # without its activation; it shares the parameters
        linear.activation = activations.linear
        return linear.backward(grad_linear, (inputs, (linear_shape, None)))

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Add the gradients of the convolution's parameters."""
        inputs, outputs, places = cache
        grad_outputs = self.prepare_gradient(grad_outputs, outputs.shape)
        windows, groups = (self.convolution.window, self.pooling.window), self.convolution.groups
        gradients = conv2d_then_pooling.grad_parameters(
            inputs, grad_outputs, windows, groups, places, self._relu_outputs(outputs)
        )
        self.convolution.add_gradients(*gradients)

    def _relu_outputs(self, outputs: np.ndarray) -> np.ndarray | None:
        """Return the outputs if they went through a ReLU: of these, only positive ones pass a gradient on."""
        return outputs if self.convolution.activation is activations.relu else None


class NormalizedPooledConv2D(TrainedTogether):
    """A Conv2D, the BatchNormalization after it and the MaxPooling2D after that.

    At inference mean and variance are known beforehand, and one pass is enough. In training they depend on
    everything that the convolution computes. But which pixel of a window will be taken is known before them:
    the largest if gamma is positive, the smallest if it is negative. If the kernels cannot do that, the
    Conv2D is computed alone, and the other two together.

    Args:
        convolution, normalization, pooling: the three layers.
    """

    def __init__(self, convolution: Conv2D, normalization: BatchNormalization, pooling: MaxPooling2D):
        super().__init__(convolution, normalization, pooling)
        self.convolution, self.rest = convolution, NormalizedMaxPooling2D(normalization, pooling)

    def infer(self, inputs: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the outputs; unless it is training, the convolution's results are never written."""
        if training:
            return self.forward(inputs, training)[0]
        inputs = self.prepare_inputs(inputs)
        vectors, _ = self.rest.normalization.coefficients(inputs, training)
        return convolve(conv2d_then_pooling.forward, inputs, self.convolution, self.rest.pooling, vectors)[0]

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        results = self._train_at_once(inputs) if training else None
        if results is not None:
            return results
        outputs, cache = self.convolution.forward(inputs, training)
        outputs, cache_of_rest = self.rest.forward(outputs, training)
        return outputs, (cache, cache_of_rest, None)

    def _train_at_once(self, inputs: np.ndarray) -> tuple[np.ndarray, Cache] | None:
        """Return outputs and cache, computed in one pass; ``None`` if that cannot be.

        The cache is that of the convolution and that of the other two, as in ``forward``; and third, what
        only this pass has: sign · x of each pixel that was taken, and the signs of gamma.
        """
        convolution, normalization, pooling = self.parts
        inputs = convolution.prepare_inputs(inputs)  # (N, H, W, C)
        gamma = normalization.gamma.value if normalization.scale else np.ones(convolution.filters, self.dtype)
        if not normalization.trainable or normalization.renorm or not (np.abs(gamma) > 0).all():
            return None
        signs = np.sign(gamma)
        results = convolve(conv2d_then_pooling.forward_normalized, inputs, convolution, pooling, signs)
        if results is None:
            return None
        images, taken, places, moments = results
        vectors, statistics = normalization.coefficients(images, True, moments)
        mean, scale, shift = vectors
        # taken = sign · x, so (x − mean) · scale = (taken − sign · mean) · (sign · scale)
        outputs = normalize(taken, signs * mean, signs * scale, shift)
        _, cache = convolution.activate(images, is_done=convolution.activation is activations.relu)
        return outputs, ((inputs, cache), (images, statistics, places), (taken, signs))

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        return self.convolution.backward(self.rest.backward(grad_outputs, cache[1]), cache[0])

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> None:
        """Add the gradients of all parameters (of the others only, if the convolution is not trained)."""
        of_convolution, of_rest, at_once = cache
        if not self.convolution.trainable_weights:
            return self.rest.backward_parameters(grad_outputs, of_rest)
        if at_once is None:
            grad_images = self.rest.backward(grad_outputs, of_rest)
            return self.convolution.backward_parameters(grad_images, of_convolution)
        (inputs, _), (images, statistics, places), (taken, signs) = cache
        convolution, normalization, pooling = self.parts
        grad_outputs = self.prepare_gradient(grad_outputs, places.shape)
        mean, inverse = statistics[:2]
        total, dot = gradient_sums(taken, grad_outputs, signs * mean, inverse)  # Σ g and Σ g·sign·x̂
        R = images.size // images.shape[-1]
        vectors = mean, *normalization.add_gradients(total, signs * dot, statistics, R)
        relu = convolution.activation is activations.relu
        gradients = conv2d_then_pooling.grad_parameters_normalized(
            inputs, grad_outputs, convolution.window, relu, pooling.window, images, places, vectors
        )
        return convolution.add_gradients(*gradients)


TOGETHER = {
    (Conv2D, MaxPooling2D): PooledConv2D,
    (BatchNormalization, MaxPooling2D): NormalizedMaxPooling2D,
    (Conv2D, BatchNormalization, MaxPooling2D): NormalizedPooledConv2D,
}


def convolve(function, inputs: np.ndarray, convolution: Conv2D, pooling: MaxPooling2D, vectors=None) -> tuple:
    """Call a function of ``kernels.conv2d_then_pooling`` for these layers."""
    bias = convolution.bias_or_zeros(convolution.filters)
    relu = convolution.activation is activations.relu
    kernel, window, groups = convolution.kernel.value, convolution.window, convolution.groups
    return function(inputs, kernel, bias, window, groups, relu, pooling.window, vectors)
