"""Randomised leaky ReLU by its definition."""

import numpy as np

from cnn_scratch.reference.philox import uniform


def r_re_lu(inputs, lower: float, upper: float, key=None):
    """Return ``inputs`` where positive, else ``slope · inputs``; without a key the slope is the mean."""
    return np.where(inputs > 0, inputs, inputs * slopes(inputs.shape, lower, upper, key))


def r_re_lu_gradient(inputs, grad_outputs, lower: float, upper: float, key=None):
    """Return ∂loss/∂inputs: the gradient, multiplied by the slope where inputs are not positive."""
    return np.where(inputs > 0, grad_outputs, grad_outputs * slopes(inputs.shape, lower, upper, key))


def slopes(shape, lower: float, upper: float, key):
    """Return a slope between ``lower`` and ``upper`` for every element."""
    if key is None:
        return np.full(shape, (lower + upper) / 2)
    return lower + (upper - lower) * uniform(shape, key)
