"""Normalization with fixed statistics by its definition; mean and variance broadcast to the inputs."""

import numpy as np


def normalization(inputs, mean, variance, invert: bool = False) -> np.ndarray:
    """Return ``(inputs − mean) / max(√variance, 1e-7)``, or with ``invert`` the inverse of that."""
    stddev = np.maximum(np.sqrt(variance), 1e-7)
    return inputs * stddev + mean if invert else (inputs - mean) / stddev


def normalization_gradient(grad_outputs, variance, invert: bool = False) -> np.ndarray:
    """Return ∂loss/∂inputs: the slope of the straight line times ``grad_outputs``."""
    stddev = np.maximum(np.sqrt(variance), 1e-7)
    return grad_outputs * stddev if invert else grad_outputs / stddev
