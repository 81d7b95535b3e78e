"""Softmax by its definition."""

import numpy as np


def softmax(inputs, axis=-1) -> np.ndarray:
    """Return e^inputs, divided by its sum along ``axis`` (one axis, or a tuple of several)."""
    exponentials = np.exp(inputs)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def softmax_gradient(inputs, grad_outputs, axis=-1) -> np.ndarray:
    """Return ∂loss/∂inputs[k] = Σ_j g[j] · outputs[j] · ([j = k] − outputs[k])."""
    outputs = softmax(inputs, axis)
    return outputs * (grad_outputs - (grad_outputs * outputs).sum(axis=axis, keepdims=True))
