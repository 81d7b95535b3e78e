"""The middle of images by its definition."""

import numpy as np

from cnn_scratch.reference.resizing import resizing, resizing_gradient


def center_crop(inputs, height, width):
    """Return height × width pixels in the middle of inputs (N, H, W, C); resized if they are too small."""
    _, H, W, _ = inputs.shape
    if height > H or width > W:
        return middle_resized(inputs, height, width)
    return inputs[:, *middle(H, W, height, width)]


def center_crop_gradient(inputs, grad_outputs, height, width):
    """Return ∂loss/∂inputs: 0 around the middle."""
    _, H, W, _ = inputs.shape
    if height > H or width > W:
        return middle_resized_gradient(inputs, grad_outputs, height, width)
    grad_inputs = np.zeros(inputs.shape)
    grad_inputs[:, *middle(H, W, height, width)] = grad_outputs
    return grad_inputs


def middle(H, W, height, width):
    """Return the rows and the columns in the middle; the part that is left over is larger behind."""
    top, left = (H - height) // 2, (W - width) // 2
    return slice(top, top + height), slice(left, left + width)


def largest_middle(H, W, height, width):
    """Return the middle with the proportions height : width that is as large as possible."""
    part_height, part_width = min(H, W * height // width), min(W, H * width // height)
    return middle(H, W, max(part_height, 1), max(part_width, 1))


def middle_resized(inputs, height, width):
    """Return the largest middle in the new size."""
    _, H, W, _ = inputs.shape
    return resizing(inputs[:, *largest_middle(H, W, height, width)], height, width)


def middle_resized_gradient(inputs, grad_outputs, height, width):
    """Return ∂loss/∂inputs: 0 around the middle."""
    part = (slice(None), *largest_middle(*inputs.shape[1:3], height, width))
    grad_inputs = np.zeros(inputs.shape)
    grad_inputs[part] = resizing_gradient(inputs[part], grad_outputs, height, width)
    return grad_inputs
