"""Another contrast by its definition, channel by channel."""

import numpy as np


def random_contrast(inputs, factors, low, high):
    """Return inputs (N, H, W, C), their distances from the mean times a factor each, within low … high."""
    outputs = np.empty(inputs.shape)
    for n, c in np.ndindex(inputs.shape[0], inputs.shape[3]):
        mean = inputs[n, :, :, c].mean()
        outputs[n, :, :, c] = np.clip((inputs[n, :, :, c] - mean) * factors[n] + mean, low, high)
    return outputs


def random_contrast_gradient(inputs, grad_outputs, factors, low, high):
    """Return ∂loss/∂inputs: each pixel moves its own output by the factor, and all by a share of the mean."""
    N, H, W, C = inputs.shape
    grad_inputs = np.empty(inputs.shape)
    for n, c in np.ndindex(N, C):
        jacobian = factors[n] * np.eye(H * W) + (1 - factors[n]) / (H * W)
        changed = jacobian @ inputs[n, :, :, c].reshape(-1)
        grad = grad_outputs[n, :, :, c].reshape(-1) * ((low <= changed) & (changed <= high))
        grad_inputs[n, :, :, c] = (jacobian.T @ grad).reshape(H, W)
    return grad_inputs
