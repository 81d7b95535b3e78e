"""Alpha dropout by its definition (arXiv:1706.02515, section 3)."""

import numpy as np

from cnn_scratch.reference.philox import uniform

LOWEST = -1.0507009873554805 * 1.6732632423543772  # −scale · alpha of SELU


def alpha_dropout(inputs, rate: float, key, noise_shape=None) -> np.ndarray:
    """Return ``a · (inputs · kept + LOWEST · (1 − kept)) + b``; kept is 1 where uniform ≥ rate, else 0."""
    kept = uniform(noise_shape or inputs.shape, key) >= rate
    a = 1 / np.sqrt((1 - rate) * (1 + rate * LOWEST**2))
    return a * (inputs * kept + LOWEST * (1 - kept)) - a * LOWEST * rate


def alpha_dropout_gradient(grad_outputs, rate: float, key, noise_shape=None) -> np.ndarray:
    """Return ∂loss/∂inputs: every number that was kept was multiplied by a."""
    kept = uniform(noise_shape or grad_outputs.shape, key) >= rate
    return grad_outputs * kept / np.sqrt((1 - rate) * (1 + rate * LOWEST**2))
