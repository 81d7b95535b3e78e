"""ReLU by its definition."""

import numpy as np


def re_lu(inputs, max_value=None, negative_slope=0.0, threshold=0.0) -> np.ndarray:
    """Return inputs above the threshold, at most max_value; negative_slope·(inputs − threshold) elsewhere."""
    above = inputs if max_value is None else np.minimum(inputs, max_value)
    return np.where(inputs > threshold, above, negative_slope * (inputs - threshold))


def re_lu_gradient(inputs, grad_outputs, max_value=None, negative_slope=0.0, threshold=0.0) -> np.ndarray:
    """Return ∂loss/∂inputs, where no input is the threshold or max_value itself."""
    below_limit = True if max_value is None else inputs < max_value
    slope = np.where(inputs > threshold, 1.0 * below_limit, negative_slope)
    return grad_outputs * slope
