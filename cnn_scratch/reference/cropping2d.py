"""An image without its border by its definition."""

import numpy as np


def cropping2d(inputs, cropping):
    """Return inputs (N, H, W, C) without rows and columns, cropping = ((top, bottom), (left, right))."""
    (top, bottom), (left, right) = cropping
    _, H, W, _ = inputs.shape
    return inputs[:, top : H - bottom, left : W - right]


def cropping2d_gradient(inputs, grad_outputs, cropping):
    """Return ∂loss/∂inputs: zeros where the border was."""
    return np.pad(grad_outputs, ((0, 0), *cropping, (0, 0)))
