"""1-D separable convolution by its definition: a depthwise convolution, then a product at every place."""

import numpy as np

from cnn_scratch.reference.depthwise_conv1d import depthwise_conv1d, depthwise_conv1d_gradients


def separable_conv1d(inputs, depthwise_kernel, pointwise_kernel, bias, *window) -> np.ndarray:
    """Return ``outputs = depthwise_conv1d(inputs) @ pointwise_kernel + bias``.

    Args:
        inputs: (N, L, C).
        depthwise_kernel: (K, C, M).
        pointwise_kernel: (1, C·M, F).
        bias: (F,).
        window: stride, padding and dilation.

    Returns:
        outputs: (N, OL, F).
    """
    return depthwise_conv1d(inputs, depthwise_kernel, 0.0, *window) @ pointwise_kernel[0] + bias


def separable_conv1d_gradients(inputs, depthwise_kernel, pointwise_kernel, grad_outputs, *window):
    """Return ∂loss/∂ inputs, depthwise kernel, pointwise kernel and bias, by the chain rule.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OL, F).
    """
    spread = depthwise_conv1d(inputs, depthwise_kernel, 0.0, *window)
    grad_pointwise = np.einsum("nok,nof->kf", spread, grad_outputs)[np.newaxis]
    grad_spread = grad_outputs @ pointwise_kernel[0].T
    grad_inputs, grad_depthwise, _ = depthwise_conv1d_gradients(
        inputs, depthwise_kernel, grad_spread, *window
    )
    return grad_inputs, grad_depthwise, grad_pointwise, grad_outputs.sum(axis=(0, 1))
