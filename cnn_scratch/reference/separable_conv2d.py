"""Separable convolution by its definition: a depthwise convolution, then a product at every pixel."""

import numpy as np

from cnn_scratch.reference.depthwise_conv2d import depthwise_conv2d, depthwise_conv2d_gradients
from cnn_scratch.shapes import Window


def separable_conv2d(inputs, depthwise_kernel, pointwise_kernel, bias, window: Window) -> np.ndarray:
    """Return ``outputs = depthwise_conv2d(inputs) @ pointwise_kernel + bias``.

    Args:
        inputs: (N, H, W, C).
        depthwise_kernel: (KH, KW, C, M).
        pointwise_kernel: (1, 1, C·M, F).
        bias: (F,).

    Returns:
        outputs: (N, OH, OW, F).
    """
    return depthwise_conv2d(inputs, depthwise_kernel, 0.0, window) @ pointwise_kernel[0, 0] + bias


def separable_conv2d_gradients(inputs, depthwise_kernel, pointwise_kernel, grad_outputs, window: Window):
    """Return ∂loss/∂ inputs, depthwise kernel, pointwise kernel and bias, by the chain rule.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, F).
    """
    spread = depthwise_conv2d(inputs, depthwise_kernel, 0.0, window)
    grad_pointwise = np.einsum("nhwk,nhwf->kf", spread, grad_outputs)[np.newaxis, np.newaxis]
    grad_spread = grad_outputs @ pointwise_kernel[0, 0].T
    grad_inputs, grad_depthwise, _ = depthwise_conv2d_gradients(inputs, depthwise_kernel, grad_spread, window)
    return grad_inputs, grad_depthwise, grad_pointwise, grad_outputs.sum(axis=(0, 1, 2))
