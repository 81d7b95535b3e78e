"""Max pooling to a given size by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.adaptive_average_pooling2d import window


def adaptive_max_pooling2d(inputs, output_size):
    """Return the largest number of each window of inputs (N, H, W, C): (N, OH, OW, C)."""
    N, H, W, C = inputs.shape
    outputs = np.empty((N, *output_size, C))
    for oh, ow in np.ndindex(*output_size):
        pixels = inputs[:, window(oh, H, output_size[0]), window(ow, W, output_size[1])]
        outputs[:, oh, ow] = pixels.max(axis=(1, 2))
    return outputs


def adaptive_max_pooling2d_gradient(inputs, grad_outputs, output_size):
    """Return ∂loss/∂inputs: the first of the largest, column by column, gets the gradient of a window."""
    _, H, W, _ = inputs.shape
    grad_inputs = np.zeros_like(inputs)
    for n, oh, ow, c in np.ndindex(*grad_outputs.shape):
        place = (n, window(oh, H, output_size[0]), window(ow, W, output_size[1]), c)
        columns = inputs[place].T  # (KW, KH)
        kw, kh = np.unravel_index(columns.argmax(), columns.shape)
        grad_inputs[place][kh, kw] += grad_outputs[n, oh, ow, c]
    return grad_inputs
