"""PReLU by its definition."""

import numpy as np


def p_re_lu(inputs, alpha) -> np.ndarray:
    """Return inputs where they are positive, alpha·inputs elsewhere.

    Args:
        inputs: (N, …).
        alpha: a slope for every place of a sample, with size 1 along the axes that share it.
    """
    return np.where(inputs > 0, inputs, alpha * inputs)


def p_re_lu_gradients(inputs, alpha, grad_outputs):
    """Return ∂loss/∂inputs and ∂loss/∂alpha; at inputs = 0 the slope counts as 0."""
    grad_inputs = grad_outputs * np.where(inputs > 0, 1.0, alpha) * (inputs != 0)
    grad_alpha = (grad_outputs * np.minimum(inputs, 0)).sum(axis=0)
    shared = tuple(axis for axis, size in enumerate(alpha.shape) if size == 1)
    return grad_inputs, grad_alpha.sum(axis=shared, keepdims=True)
