"""Leaky ReLU by its definition."""

import numpy as np


def leaky_re_lu(inputs, negative_slope=0.3) -> np.ndarray:
    """Return inputs where they are positive, negative_slope·inputs elsewhere."""
    return np.where(inputs > 0, inputs, negative_slope * inputs)


def leaky_re_lu_gradient(inputs, grad_outputs, negative_slope=0.3) -> np.ndarray:
    """Return ∂loss/∂inputs: a slope of 1 or of ``negative_slope``."""
    return grad_outputs * np.where(inputs > 0, 1.0, negative_slope)
