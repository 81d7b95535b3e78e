"""Multiplicative noise by its definition."""

import math

from cnn_scratch.reference.philox import normal


def gaussian_dropout(inputs, rate: float, key):
    """Return ``outputs = inputs · (1 + s·z)``, with z normal and s = √(rate / (1 − rate))."""
    return inputs * (1 + math.sqrt(rate / (1 - rate)) * normal(inputs.shape, key))


def gaussian_dropout_gradient(grad_outputs, rate: float, key):
    """Return ∂loss/∂inputs: every number was multiplied by its noise."""
    return grad_outputs * (1 + math.sqrt(rate / (1 - rate)) * normal(grad_outputs.shape, key))
