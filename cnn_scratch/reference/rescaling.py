"""Rescaling by its definition."""

import numpy as np


def rescaling(inputs, scale, offset=0.0) -> np.ndarray:
    """Return ``outputs[…, c] = inputs[…, c] · scale[c] + offset[c]``; scale and offset may be one number."""
    return inputs * np.asarray(scale) + np.asarray(offset)


def rescaling_gradient(grad_outputs, scale) -> np.ndarray:
    """Return ∂loss/∂inputs: the slope of the straight line times ``grad_outputs``."""
    return grad_outputs * np.asarray(scale)
