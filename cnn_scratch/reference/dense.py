"""The fully connected layer by its definition: one product per pair of row and unit."""

import numpy as np


def dense(inputs, kernel, bias) -> np.ndarray:
    """Return ``outputs[…, f] = Σ_d inputs[…, d] · kernel[d, f] + bias[f]``.

    Args:
        inputs: (…, D).
        kernel: (D, F).
        bias: (F,).
    """
    return np.einsum("...d,df->...f", inputs, kernel) + bias


def dense_gradients(inputs, kernel, grad_outputs):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias for grad_outputs (…, F)."""
    rows = tuple(range(inputs.ndim - 1))  # all axes but the last
    return (
        np.einsum("...f,df->...d", grad_outputs, kernel),
        np.tensordot(inputs, grad_outputs, axes=(rows, rows)),
        grad_outputs.sum(axis=rows),
    )
