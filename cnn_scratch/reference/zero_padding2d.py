"""A border of zeros by its definition."""

import numpy as np


def zero_padding2d(inputs, padding) -> np.ndarray:
    """Return inputs (N, H, W, C) with rows and columns of zeros, padding = ((top, bottom), (left, right))."""
    return np.pad(inputs, ((0, 0), *padding, (0, 0)))


def zero_padding2d_gradient(inputs, grad_outputs, padding) -> np.ndarray:
    """Return ∂loss/∂inputs: the part of ``grad_outputs`` that is not border."""
    (top, _), (left, _) = padding
    _, H, W, _ = inputs.shape
    return grad_outputs[:, top : top + H, left : left + W]
