"""PReLU: a learned slope for negative numbers.

Shapes: inputs and outputs (N, D), alpha (D,), where D counts the numbers of one sample. The layer
repeats an alpha that is shared before it comes here.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared

# The batch is cut into at most this many pieces for alpha's gradient, whose sum is added up piece
# by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16


def forward(inputs, alpha) -> np.ndarray:
    """Return the outputs, (N, D)."""
    outputs = np.empty_like(inputs)
    activate(inputs, alpha, outputs)
    return outputs


def gradients(inputs, alpha, grad_outputs) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂inputs (N, D) and ∂loss/∂alpha (D,)."""
    grad_inputs = np.empty_like(inputs)
    partial_alphas = np.empty((min(len(inputs), MOST_PIECES), alpha.size), alpha.dtype)
    activate_backward(inputs, alpha, grad_outputs, grad_inputs, partial_alphas)
    return grad_inputs, partial_alphas.sum(axis=0)


@compiled_parallel
def activate(turns, inputs, alpha, outputs):
    """Write ``outputs[n, d] = inputs[n, d] if inputs[n, d] > 0 else alpha[d] · inputs[n, d]``."""
    N, D = inputs.shape
    for n in shared(turns, N):
        for d in range(D):
            value = inputs[n, d]
            outputs[n, d] = value if value > 0 else alpha[d] * value


@compiled_parallel
def activate_backward(turns, inputs, alpha, grad_outputs, grad_inputs, partial_alphas):
    """Write both gradients; that of alpha as one sum for each piece of the batch, (pieces, D).

    At 0 the slope is neither 1 nor alpha: it counts as 0, as in Keras.
    """
    N, D = inputs.shape
    pieces = len(partial_alphas)
    zero, one = inputs.dtype.type(0), inputs.dtype.type(1)
    for piece in shared(turns, pieces):
        grad_alpha = partial_alphas[piece]
        grad_alpha[:] = 0
        for n in range(piece * N // pieces, (piece + 1) * N // pieces):
            for d in range(D):
                value, grad = inputs[n, d], grad_outputs[n, d]
                slope = one if value > 0 else alpha[d]
                grad_inputs[n, d] = zero if value == 0 else grad * slope
                grad_alpha[d] += zero if value > 0 else grad * value
