"""The identity by its definition."""

import numpy as np


def identity(inputs) -> np.ndarray:
    """Return the inputs."""
    return inputs


def identity_gradient(grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs: what comes in."""
    return grad_outputs
