"""Reshaping by its definition: number by number."""

import numpy as np


def reshape(inputs, target_shape) -> np.ndarray:
    """Return (N, *target_shape) with the numbers of each sample in their order."""
    outputs = np.empty((len(inputs), *target_shape), inputs.dtype)
    for n, sample in enumerate(inputs):
        outputs[n].flat = list(sample.flat)
    return outputs


def reshape_gradient(inputs, grad_outputs) -> np.ndarray:
    """Return ∂loss/∂inputs: the way back."""
    return reshape(grad_outputs, inputs.shape[1:])
