"""A sequence without its ends by definition: as an image of one column."""

import numpy as np

from cnn_scratch.reference.cropping2d import cropping2d, cropping2d_gradient


def cropping1d(inputs, cropping):
    """Return the outputs for inputs (N, L, C)."""
    return cropping2d(inputs[:, :, np.newaxis], (cropping, (0, 0)))[:, :, 0]


def cropping1d_gradient(inputs, grad_outputs, cropping):
    """Return ∂loss/∂inputs, (N, L, C)."""
    return cropping2d_gradient(inputs[:, :, np.newaxis], grad_outputs[:, :, np.newaxis], (cropping, (0, 0)))[
        :, :, 0
    ]
