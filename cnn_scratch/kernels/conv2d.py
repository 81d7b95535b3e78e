"""The choice of an algorithm for a convolution, and the arrays that it works on.

``conv2d_direct`` reads every window where it lies and keeps its results in registers: it is the
fastest for everything but one case. The gradient of the inputs with a stride above 1 is no plain
convolution (most of its products would be with zeros that the stride left out); there
``conv2d_im2col`` multiplies first and adds the columns back afterwards.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C // groups, F), bias (F,), outputs (N, OH, OW, F).
``window`` is a ``cnn_scratch.shapes.Window``. The layer has checked every shape.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct, conv2d_im2col, conv2d_winograd
from cnn_scratch.kernels.compile import SMALL_PRODUCT, one_thread_if


def forward(inputs, kernel, bias, window, groups=1, relu=False) -> np.ndarray:
    """Return the convolution of ``inputs`` with ``kernel``, plus ``bias``; with ReLU applied if asked to."""
    N, H, W, _ = inputs.shape
    F = kernel.shape[-1]
    if groups > 1:
        parts = zip(
            split_channels(inputs, groups),
            split_channels(kernel, groups),
            np.split(bias, groups),
            strict=True,
        )
        return np.concatenate([forward(x, k, b, window, 1, relu) for x, k, b in parts], axis=-1)
    outputs = np.empty((N, *window.output_size(H, W), F), inputs.dtype)
    algorithm = conv2d_winograd if winograd_pays(window, outputs, kernel.shape[2]) else conv2d_direct
    with one_thread_if(is_small(outputs, kernel.size // F)):
        algorithm.forward(inputs, kernel, bias, window.arguments(H, W), relu, outputs)
    return outputs


def grad_parameters(inputs, grad_outputs, window, groups=1) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel (KH, KW, C // groups, F) and ∂loss/∂bias (F,)."""
    _, H, W, C = inputs.shape
    F = grad_outputs.shape[-1]
    if groups > 1:
        parts = zip(split_channels(inputs, groups), split_channels(grad_outputs, groups), strict=True)
        kernels, biases = zip(*(grad_parameters(x, g, window) for x, g in parts), strict=True)
        return np.concatenate(kernels, axis=-1), np.concatenate(biases)
    KH, KW = window.size
    # Winograd's sums over the batch pay later: 36 matrices are added to for each kernel of 9 numbers.
    many = min(C, F) >= 64
    algorithm = conv2d_winograd if many and winograd_pays(window, grad_outputs, C) else conv2d_direct
    with one_thread_if(is_small(grad_outputs, KH * KW * C)):
        matrix, grad_bias = algorithm.grad_parameters(inputs, grad_outputs, window.arguments(H, W))
    return matrix.reshape(KH, KW, C, F), grad_bias


def grad_inputs(grad_outputs, kernel, window, input_shape, groups=1) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    N, H, W, C = input_shape
    if groups > 1:
        parts = zip(split_channels(grad_outputs, groups), split_channels(kernel, groups), strict=True)
        group_shape = (N, H, W, C // groups)
        return np.concatenate([grad_inputs(g, k, window, group_shape) for g, k in parts], axis=-1)
    algorithm = conv2d_direct if window.strides == (1, 1) else conv2d_im2col
    if winograd_pays(window, grad_outputs, C):
        algorithm = conv2d_winograd
    grad_images = np.empty(input_shape, grad_outputs.dtype)
    with one_thread_if(is_small(grad_outputs, kernel.size // kernel.shape[-1])):
        algorithm.grad_inputs(grad_outputs, kernel, window.arguments(H, W), grad_images)
    return grad_images


def winograd_pays(window, outputs, C) -> bool:
    """Return whether Winograd's algorithm can do this convolution, and sooner than the direct sums.

    It needs a 3×3 kernel with stride 1. Its transforms are worth their while from 16 channels and
    filters on, and where images are not smaller than one of its tiles of 4×4 outputs.
    """
    _, OH, OW, F = outputs.shape
    can = window.size == (3, 3) and window.strides == (1, 1) and window.dilation == (1, 1)
    return can and min(C, F) >= 16 and min(OH, OW) >= 4


def is_small(outputs, patch_size) -> bool:
    """Return whether a convolution has so few multiplications that one thread does it sooner."""
    return outputs.size * patch_size < SMALL_PRODUCT


def split_channels(array, groups) -> list[np.ndarray]:
    """Return the last axis in ``groups`` equal parts, each contiguous."""
    return [np.ascontiguousarray(part) for part in np.split(array, groups, axis=-1)]
