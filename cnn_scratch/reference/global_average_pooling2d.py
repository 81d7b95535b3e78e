"""Global average pooling by its definition."""

import numpy as np


def global_average_pooling2d(inputs) -> np.ndarray:
    """Return ``outputs[n, c] = Σ_h Σ_w inputs[n, h, w, c] / (H·W)``."""
    _, H, W, _ = inputs.shape
    return inputs.sum(axis=(1, 2)) / (H * W)


def global_average_pooling2d_gradient(inputs, grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs for grad_outputs (N, C): all pixels of a channel share its gradient."""
    _, H, W, _ = inputs.shape
    return np.ones_like(inputs) * grad_outputs[:, None, None, :] / (H * W)
