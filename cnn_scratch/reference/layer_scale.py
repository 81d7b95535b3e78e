"""LayerScale by its definition."""

import numpy as np


def layer_scale(inputs, gamma) -> np.ndarray:
    """Return ``outputs[…, c] = gamma[c] · inputs[…, c]``."""
    return gamma * inputs


def layer_scale_gradients(inputs, gamma, grad_outputs):
    """Return ∂loss/∂inputs and ∂loss/∂gamma."""
    return gamma * grad_outputs, (grad_outputs * inputs).sum(axis=tuple(range(inputs.ndim - 1)))
