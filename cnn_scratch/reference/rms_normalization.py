"""RMS normalization by its definition."""

import math

import numpy as np


def rms_normalization(inputs, scale, axes, epsilon: float) -> np.ndarray:
    """Return ``scale · inputs / √(mean square + epsilon)``; the mean goes over ``axes``, scale broadcasts."""
    return scale * inputs / np.sqrt((inputs**2).mean(axes, keepdims=True) + epsilon)


def rms_normalization_gradients(inputs, scale, grad_outputs, axes, epsilon: float):
    """Return ∂loss/∂inputs, and ∂loss/∂scale in the shape of one row."""
    D = math.prod(inputs.shape[axis] for axis in axes)
    others = tuple(axis for axis in range(inputs.ndim) if axis not in axes)
    rms = np.sqrt((inputs**2).mean(axes, keepdims=True) + epsilon)
    grad_normalized = grad_outputs * scale
    grad_rms = -(grad_normalized * inputs).sum(axes, keepdims=True) / rms**2
    return grad_normalized / rms + grad_rms * inputs / (D * rms), (grad_outputs * inputs / rms).sum(others)
