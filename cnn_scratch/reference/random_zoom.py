"""Stretched images by their definition."""

import numpy as np

from cnn_scratch.reference.affine import affine, affine_gradient


def transforms(zooms, H, W):
    """Return the six numbers of each (zy, zx): the middle stays, at k pixels from it lies what was at k·z."""
    rows = []
    for zy, zx in np.float32(zooms):
        cx, cy = np.float32((W - 1) / 2), np.float32((H - 1) / 2)
        rows.append((zx, 0, cx * (1 - zx), 0, zy, cy * (1 - zy)))
    return rows


def random_zoom(inputs, zooms, interpolation, fill_mode, fill_value=0.0):
    """Return inputs (N, H, W, C), each stretched by its (zy, zx)."""
    return affine(inputs, transforms(zooms, *inputs.shape[1:3]), interpolation, fill_mode, fill_value)


def random_zoom_gradient(grad_outputs, zooms, interpolation, fill_mode):
    """Return ∂loss/∂inputs."""
    return affine_gradient(
        grad_outputs, transforms(zooms, *grad_outputs.shape[1:3]), interpolation, fill_mode
    )
