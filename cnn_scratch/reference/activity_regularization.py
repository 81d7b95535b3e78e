"""Activity regularization by its definition: the inputs, and a penalty on them."""

import numpy as np


def activity_regularization(inputs) -> np.ndarray:
    """Return the inputs."""
    return inputs


def activity_regularization_gradient(inputs, grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs without the penalty, whose gradient the model adds."""
    return grad_outputs


def activity_penalty(inputs, l1: float, l2: float) -> float:
    """Return ``(l1 · Σ |inputs| + l2 · Σ inputs²) / N``."""
    return float(l1 * np.abs(inputs).sum() + l2 * (inputs**2).sum()) / len(inputs)


def activity_penalty_gradient(inputs, l1: float, l2: float) -> np.ndarray:
    """Return ∂penalty/∂inputs."""
    return (l1 * np.sign(inputs) + 2 * l2 * inputs) / len(inputs)
