"""Average pooling of sequences by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.average_pooling2d import average_pooling2d, average_pooling2d_gradient


def average_pooling1d(inputs, window):
    """Return the outputs for inputs (N, L, C)."""
    return average_pooling2d(inputs[:, :, np.newaxis], window)[:, :, 0]


def average_pooling1d_gradient(inputs, grad_outputs, window):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return average_pooling2d_gradient(inputs[:, :, np.newaxis], grad_outputs[:, :, np.newaxis], window)[
        :, :, 0
    ]
