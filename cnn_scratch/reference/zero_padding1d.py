"""Zeros around a sequence by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.zero_padding2d import zero_padding2d, zero_padding2d_gradient


def zero_padding1d(inputs, padding):
    """Return the outputs for inputs (N, L, C)."""
    return zero_padding2d(inputs[:, :, np.newaxis], (padding, (0, 0)))[:, :, 0]


def zero_padding1d_gradient(inputs, grad_outputs, padding):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return zero_padding2d_gradient(
        inputs[:, :, np.newaxis], grad_outputs[:, :, np.newaxis], (padding, (0, 0))
    )[:, :, 0]
