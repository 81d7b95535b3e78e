"""A convolution and the max pooling behind it: what can be computed in one pass, and what cannot.

``conv2d`` chooses the algorithm of the convolution. Some of them pool their outputs at once, which then never
leave the cache; behind the others comes a pooling of its own. The results are the same.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C // groups, F), bias (F,). ``window`` is that of the
convolution, ``pooling`` the one that slides over its outputs: both are ``cnn_scratch.shapes.Window``.
"""

import numpy as np

from cnn_scratch.kernels import (
    conv2d,
    conv2d_direct,
    conv2d_pooled,
    conv2d_rows,
    conv2d_rows_pooled,
    conv2d_winograd,
    conv2d_winograd_pooled,
    max_pooling2d,
    normalized_max_pooling2d,
)
from cnn_scratch.kernels.compile import one_thread_if

# The algorithms that can pool their outputs at once.
POOLED = {
    conv2d_direct: conv2d_pooled,
    conv2d_rows: conv2d_rows_pooled,
    conv2d_winograd: conv2d_winograd_pooled,
}


def forward(
    inputs, kernel, bias, window, groups, relu, pooling, vectors=None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest number of every window of the outputs, and its place (``kernels/max_pooling2d.py``).

    Args:
        pooling: the ``Window`` that slides over the outputs.
        vectors: mean, scale and shift, if the outputs are normalized in between; see
            ``kernels/normalized_max_pooling2d.py``.
    """
    N, H, W, C = inputs.shape
    F = kernel.shape[-1]
    size = window.output_size(H, W)
    algorithm = conv2d.choose(window, (N, *size, F), C, conv2d.FEWEST_CHANNELS)
    can_pool = algorithm is not conv2d_winograd or conv2d_winograd_pooled.lie_in_tiles(pooling, size)
    if groups > 1 or algorithm not in POOLED or not can_pool:
        outputs = conv2d.forward(inputs, kernel, bias, window, groups, relu)
        if vectors is None:
            return max_pooling2d.forward(outputs, pooling)
        return normalized_max_pooling2d.forward(outputs, *vectors, pooling)
    with one_thread_if(conv2d.is_small((N, *size, F), kernel.size // F)):
        geometry = window.arguments(H, W)
        return POOLED[algorithm].forward(inputs, kernel, bias, geometry, relu, size, pooling, vectors)


def forward_normalized(inputs, kernel, bias, window, groups, relu, pooling, signs) -> tuple | None:
    """Return what batch normalization and a pooling behind it need in training.

    See ``kernels/conv2d_rows_pooled.py``; ``None`` if the layers have to be computed one after the other.
    """
    N, H, W, C = inputs.shape
    size = window.output_size(H, W)
    algorithm = conv2d.choose(window, (N, *size, kernel.shape[-1]), C, conv2d.FEWEST_CHANNELS)
    if groups > 1 or algorithm is not conv2d_rows:
        return None
    geometry = window.arguments(H, W)
    return conv2d_rows_pooled.forward_in_training(inputs, kernel, bias, geometry, relu, size, pooling, signs)


def grad_parameters(
    inputs, grad_outputs, windows, groups, places, relu_outputs
) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel and ∂loss/∂bias, given ∂loss/∂(the outputs of the pooling), and their places.

    Args:
        windows: that of the convolution and that of the pooling.
        relu_outputs: these outputs behind a ReLU, else ``None``.
    """
    (N, H, W, C), (window, pooling) = inputs.shape, windows
    F, (KH, KW) = grad_outputs.shape[-1], window.size
    shape = (N, *window.output_size(H, W), F)
    if groups > 1 or conv2d.choose(window, shape, C, conv2d.FEWEST_CHANNELS_OF_GRADIENT) is not conv2d_direct:
        grad_images = max_pooling2d.grad_inputs(grad_outputs, places, pooling, shape, relu_outputs)
        return conv2d.grad_parameters(inputs, grad_images, window, groups)
    with one_thread_if(conv2d.is_small(shape, KH * KW * C)):
        geometry = window.arguments(H, W)
        matrix, grad_bias = conv2d_pooled.grad_parameters(
            inputs, grad_outputs, geometry, shape[1:3], pooling, places, relu_outputs
        )
    return matrix.reshape(KH, KW, C, F), grad_bias


def grad_parameters_normalized(
    inputs, grad_outputs, window, relu, pooling, images, places, vectors
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same after ``forward_normalized``, given ∂loss/∂(the outputs of the pooling).

    Args:
        images, places: what it returned.
        vectors: mean, scale, slope and shift of ∂loss/∂(images), see ``kernels/conv2d_rows_pooled.py``.
    """
    geometry = window.arguments(*inputs.shape[1:3])
    gradients = conv2d_rows_pooled.grad_parameters(
        inputs, geometry, relu, images, grad_outputs, places, vectors, pooling
    )
    if gradients is None:
        grads = normalized_max_pooling2d.grad_inputs(images, grad_outputs, places, *vectors, pooling)
        gradients = conv2d_direct.grad_parameters(inputs, grads, geometry, images if relu else None)
    matrix, grad_bias = gradients
    return matrix.reshape(*window.size, inputs.shape[-1], -1), grad_bias
