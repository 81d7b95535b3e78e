"""Dropout by its definition: a mask of random zeros, and a scale."""

import numpy as np

from cnn_scratch.reference.philox import uniform


def dropout(inputs, rate: float, key, noise_shape=None) -> np.ndarray:
    """Return ``outputs = inputs · mask``, with mask = 1 / (1 − rate) where uniform ≥ rate, else 0.

    Args:
        inputs: any shape.
        key: (seed, draw).
        noise_shape: the shape of the mask, the inputs' own by default.
    """
    return inputs * dropout_mask(noise_shape or inputs.shape, rate, key)


def dropout_gradient(grad_outputs, rate: float, key, noise_shape=None) -> np.ndarray:
    """Return ∂loss/∂inputs: every number was multiplied by its mask."""
    return grad_outputs * dropout_mask(noise_shape or grad_outputs.shape, rate, key)


def dropout_mask(shape, rate: float, key) -> np.ndarray:
    """Return the mask: 0 for what is dropped, 1 / (1 − rate) for what is kept."""
    if rate == 1:
        return np.zeros(shape)
    return (uniform(shape, key) >= rate) / (1 - rate)
