"""Layer normalization by its definition, and its gradient by the chain rule, one step after the other.

Mean and variance are taken over the D numbers along ``axes``; gamma and beta broadcast to the inputs.
"""

import math

import numpy as np


def layer_normalization(inputs, gamma, beta, axes, epsilon: float, rms_scaling: bool = False) -> np.ndarray:
    """Return ``gamma · (inputs − mean) / √(variance + epsilon) + beta``; the mean stays with rms_scaling."""
    mean = inputs.mean(axes, keepdims=True)
    variance = ((inputs - mean) ** 2).mean(axes, keepdims=True)
    shift = 0 if rms_scaling else mean
    return gamma * (inputs - shift) / np.sqrt(variance + epsilon) + beta


def layer_normalization_gradients(inputs, gamma, grad_outputs, axes, epsilon: float, rms_scaling=False):
    """Return ∂loss/∂inputs, ∂loss/∂gamma and ∂loss/∂beta, the last two in the shape of one row."""
    D = math.prod(inputs.shape[axis] for axis in axes)
    others = tuple(axis for axis in range(inputs.ndim) if axis not in axes)
    mean = inputs.mean(axes, keepdims=True)
    centered = inputs - mean
    variance = (centered**2).mean(axes, keepdims=True)
    stddev = np.sqrt(variance + epsilon)
    shifted = inputs if rms_scaling else centered

    grad_normalized = grad_outputs * gamma
    grad_variance = (grad_normalized * shifted).sum(axes, keepdims=True) * -0.5 * stddev**-3
    grad_inputs = grad_normalized / stddev + grad_variance * 2 * centered / D
    if not rms_scaling:
        grad_inputs -= grad_normalized.sum(axes, keepdims=True) / stddev / D
    normalized = shifted / stddev
    return grad_inputs, (grad_outputs * normalized).sum(others), grad_outputs.sum(others)
