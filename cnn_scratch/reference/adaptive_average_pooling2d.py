"""Average pooling to a given size by its definition: one window after the other."""

import math

import numpy as np


def window(o, size, target):
    """Return window number ``o`` of ``target`` windows that cover ``size`` pixels."""
    return slice(math.floor(o * size / target), math.ceil((o + 1) * size / target))


def adaptive_average_pooling2d(inputs, output_size):
    """Return the mean of each window of inputs (N, H, W, C): (N, OH, OW, C)."""
    N, H, W, C = inputs.shape
    outputs = np.empty((N, *output_size, C))
    for oh, ow in np.ndindex(*output_size):
        pixels = inputs[:, window(oh, H, output_size[0]), window(ow, W, output_size[1])]
        outputs[:, oh, ow] = pixels.mean(axis=(1, 2))
    return outputs


def adaptive_average_pooling2d_gradient(inputs, grad_outputs, output_size):
    """Return ∂loss/∂inputs: the pixels of a window share the gradient of its output equally."""
    _, H, W, _ = inputs.shape
    grad_inputs = np.zeros_like(inputs)
    for oh, ow in np.ndindex(*output_size):
        pixels = grad_inputs[:, window(oh, H, output_size[0]), window(ow, W, output_size[1])]  # a view
        pixels += grad_outputs[:, oh : oh + 1, ow : ow + 1] / (pixels.shape[1] * pixels.shape[2])
    return grad_inputs
