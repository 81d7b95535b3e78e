"""Global max pooling by its definition."""

import numpy as np


def global_max_pooling2d(inputs) -> np.ndarray:
    """Return ``outputs[n, c] = max over (h, w) of inputs[n, h, w, c]``."""
    return inputs.max(axis=(1, 2))


def global_max_pooling2d_gradient(inputs, grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs for grad_outputs (N, C): the largest pixels of a channel share its gradient."""
    grad_inputs = np.zeros_like(inputs)
    for n, c in np.ndindex(*grad_outputs.shape):
        largest = inputs[n, :, :, c] == inputs[n, :, :, c].max()
        grad_inputs[n, largest, c] = grad_outputs[n, c] / largest.sum()
    return grad_inputs
