"""Another brightness by its definition, image by image."""

import numpy as np


def random_brightness(inputs, deltas, low, high):
    """Return inputs (N, H, W, C), each plus its number, within low … high."""
    return np.stack([np.clip(image + delta, low, high) for image, delta in zip(inputs, deltas, strict=True)])


def random_brightness_gradient(inputs, grad_outputs, deltas, low, high):
    """Return ∂loss/∂inputs: that of the outputs where they were not cut off."""
    grads = [
        np.where((image + delta < low) | (image + delta > high), 0, grad)
        for image, grad, delta in zip(inputs, grad_outputs, deltas, strict=True)
    ]
    return np.stack(grads)
