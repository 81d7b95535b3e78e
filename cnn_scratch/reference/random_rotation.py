"""Turned images by their definition."""

import numpy as np

from cnn_scratch.reference.affine import affine, affine_gradient


def transforms(angles, H, W):
    """Return the six numbers of each angle, in degrees: a turn, and a step that keeps the middle in place."""
    rows = []
    for angle in angles:
        turn = np.float32(angle) * np.float32(np.pi / 180)
        (a0, a1), (b0, b1) = (np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))
        cx, cy = np.float32((W - 1) / 2), np.float32((H - 1) / 2)
        rows.append((a0, a1, cx - cx * a0 - cy * a1, b0, b1, cy - cx * b0 - cy * b1))
    return rows


def random_rotation(inputs, angles, interpolation, fill_mode, fill_value=0.0):
    """Return inputs (N, H, W, C), each turned counter-clockwise by its angle."""
    rows = transforms(angles, *inputs.shape[1:3])
    return affine(inputs, rows, interpolation, fill_mode, fill_value)


def random_rotation_gradient(grad_outputs, angles, interpolation, fill_mode):
    """Return ∂loss/∂inputs."""
    return affine_gradient(
        grad_outputs, transforms(angles, *grad_outputs.shape[1:3]), interpolation, fill_mode
    )
