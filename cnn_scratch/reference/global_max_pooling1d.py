"""Global max pooling of sequences by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.global_max_pooling2d import global_max_pooling2d, global_max_pooling2d_gradient


def global_max_pooling1d(inputs):
    """Return the outputs for inputs (N, L, C)."""
    return global_max_pooling2d(inputs[:, :, np.newaxis])


def global_max_pooling1d_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return global_max_pooling2d_gradient(inputs[:, :, np.newaxis], grad_outputs)[:, :, 0]
