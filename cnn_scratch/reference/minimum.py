"""The smallest of several inputs by its definition."""

import numpy as np

from cnn_scratch.reference.merging import aligned, sum_to


def minimum(inputs):
    """Return ``min(inputs[0], inputs[1], …)``."""
    return np.stack(np.broadcast_arrays(*aligned(inputs))).min(axis=0)


def minimum_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, a list: the first smallest input of each place gets the gradient."""
    winner = np.stack(np.broadcast_arrays(*aligned(inputs))).argmin(axis=0)
    return [sum_to(np.where(winner == i, grad_outputs, 0), x) for i, x in enumerate(inputs)]
