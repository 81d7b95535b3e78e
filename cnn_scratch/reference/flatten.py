"""Flattening by its definition: number by number."""

import numpy as np


def flatten(inputs) -> np.ndarray:
    """Return (N, D): all numbers of a sample, read like a book."""
    return np.array([list(sample.flat) for sample in inputs], inputs.dtype)


def flatten_gradient(inputs, grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs: the numbers of ``grad_outputs`` where they came from."""
    grad_inputs = np.empty_like(inputs)
    for n, row in enumerate(grad_outputs):
        grad_inputs[n].flat = row
    return grad_inputs
