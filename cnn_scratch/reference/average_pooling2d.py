"""Average pooling by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.conv2d import pad, unpad, window_slices
from cnn_scratch.shapes import Window


def average_pooling2d(inputs, window: Window) -> np.ndarray:
    """Return ``outputs[n, oh, ow, c] = Σ padded[n, oh·SH + kh, ow·SW + kw, c] / (pixels inside the image)``.

    Args:
        inputs: (N, H, W, C).

    Returns:
        outputs: (N, OH, OW, C).
    """
    padded, inside = pad(inputs, window), pad(np.ones_like(inputs), window)
    OH, OW = window.output_size(*inputs.shape[1:3])
    outputs = np.empty((len(inputs), OH, OW, inputs.shape[-1]), inputs.dtype)
    for oh, ow in np.ndindex(OH, OW):
        place = (slice(None), *window_slices(window, oh, ow))
        outputs[:, oh, ow] = padded[place].sum(axis=(1, 2)) / inside[place].sum(axis=(1, 2))
    return outputs


def average_pooling2d_gradient(inputs, grad_outputs, window: Window) -> np.ndarray:
    """Return ∂loss/∂inputs: the pixels of a window share the gradient of its output equally.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, C).
    """
    inside = pad(np.ones_like(inputs), window)
    grad_padded = np.zeros_like(inside)
    for oh, ow in np.ndindex(*grad_outputs.shape[1:3]):
        place = (slice(None), *window_slices(window, oh, ow))
        count = inside[place].sum(axis=(1, 2), keepdims=True)  # (N, 1, 1, C)
        grad_padded[place] += grad_outputs[:, oh : oh + 1, ow : ow + 1] / count
    return unpad(grad_padded, window, inputs.shape)
