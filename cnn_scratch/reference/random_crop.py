"""Parts of images by their definition: from a place that was drawn, or the middle in the new size."""

import numpy as np

from cnn_scratch.reference.center_crop import middle_resized, middle_resized_gradient


def random_crop(inputs, height, width, place=None):
    """Return height × width pixels of inputs (N, H, W, C) at (top, left); or else the middle, resized."""
    if place is None:
        return middle_resized(inputs, height, width)
    top, left = place
    return inputs[:, top : top + height, left : left + width]


def random_crop_gradient(inputs, grad_outputs, height, width, place=None):
    """Return ∂loss/∂inputs: 0 around the part."""
    if place is None:
        return middle_resized_gradient(inputs, grad_outputs, height, width)
    top, left = place
    grad_inputs = np.zeros(inputs.shape)
    grad_inputs[:, top : top + height, left : left + width] = grad_outputs
    return grad_inputs
