"""Unit normalization by its definition."""

import numpy as np


def unit_normalization(inputs, axes) -> np.ndarray:
    """Return ``inputs / max(length, 1e-12)``, with length = √(Σ inputs²) over ``axes``."""
    length = np.sqrt((inputs**2).sum(axes, keepdims=True))
    return inputs / np.maximum(length, 1e-12)


def unit_normalization_gradient(inputs, grad_outputs, axes) -> np.ndarray:
    """Return ∂loss/∂inputs by the quotient rule; ∂length/∂inputs = inputs / length, or 0 for the constant."""
    length = np.sqrt((inputs**2).sum(axes, keepdims=True))
    divisor = np.maximum(length, 1e-12)
    grad_divisor = -(grad_outputs * inputs).sum(axes, keepdims=True) / divisor**2
    return grad_outputs / divisor + np.where(length >= 1e-12, grad_divisor * inputs / divisor, 0)
