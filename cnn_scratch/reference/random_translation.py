"""Moved images by their definition."""

import numpy as np

from cnn_scratch.reference.affine import affine, affine_gradient


def transforms(translations):
    """Return the six numbers of each (dx, dy): (x, y) shows what lies at (x − dx, y − dy)."""
    return [(1, 0, -np.float32(dx), 0, 1, -np.float32(dy)) for dx, dy in translations]


def random_translation(inputs, translations, interpolation, fill_mode, fill_value=0.0):
    """Return inputs (N, H, W, C), each moved by its (dx, dy), to the right and down."""
    return affine(inputs, transforms(translations), interpolation, fill_mode, fill_value)


def random_translation_gradient(grad_outputs, translations, interpolation, fill_mode):
    """Return ∂loss/∂inputs."""
    return affine_gradient(grad_outputs, transforms(translations), interpolation, fill_mode)
