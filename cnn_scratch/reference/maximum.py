"""The largest of several inputs by its definition."""

import numpy as np

from cnn_scratch.reference.merging import aligned, sum_to


def maximum(inputs):
    """Return ``max(inputs[0], inputs[1], …)``."""
    return np.stack(np.broadcast_arrays(*aligned(inputs))).max(axis=0)


def maximum_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, a list: the first largest input of each place gets the gradient."""
    winner = np.stack(np.broadcast_arrays(*aligned(inputs))).argmax(axis=0)
    return [sum_to(np.where(winner == i, grad_outputs, 0), x) for i, x in enumerate(inputs)]
