"""Max pooling of sequences by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.max_pooling2d import max_pooling2d, max_pooling2d_gradient


def max_pooling1d(inputs, window):
    """Return the outputs for inputs (N, L, C)."""
    return max_pooling2d(inputs[:, :, np.newaxis], window)[:, :, 0]


def max_pooling1d_gradient(inputs, grad_outputs, window):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return max_pooling2d_gradient(inputs[:, :, np.newaxis], grad_outputs[:, :, np.newaxis], window)[:, :, 0]
