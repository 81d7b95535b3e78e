"""A longer sequence by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.up_sampling2d import up_sampling2d, up_sampling2d_gradient


def up_sampling1d(inputs, size):
    """Return the outputs for inputs (N, L, C)."""
    return up_sampling2d(inputs[:, :, np.newaxis], (size, 1))[:, :, 0]


def up_sampling1d_gradient(inputs, grad_outputs, size):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return up_sampling2d_gradient(inputs[:, :, np.newaxis], grad_outputs[:, :, np.newaxis], (size, 1))[
        :, :, 0
    ]
