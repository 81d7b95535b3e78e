"""Max pooling by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.conv2d import pad, unpad, window_slices
from cnn_scratch.shapes import Window


def max_pooling2d(inputs, window: Window) -> np.ndarray:
    """Return the largest pixel of every window: ``outputs[n, oh, ow, c] = max padded[n, h, w, c]``.

    Here h = oh·SH + kh and w = ow·SW + kw for all (kh, kw), and the border is −∞.

    Args:
        inputs: (N, H, W, C).

    Returns:
        outputs: (N, OH, OW, C).
    """
    padded = pad(inputs, window, -np.inf)
    OH, OW = window.output_size(*inputs.shape[1:3])
    outputs = np.empty((len(inputs), OH, OW, inputs.shape[-1]), inputs.dtype)
    for oh, ow in np.ndindex(OH, OW):
        outputs[:, oh, ow] = padded[(slice(None), *window_slices(window, oh, ow))].max(axis=(1, 2))
    return outputs


def max_pooling2d_gradient(inputs, grad_outputs, window: Window) -> np.ndarray:
    """Return ∂loss/∂inputs: each output's gradient goes to the first largest pixel of its window.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, C).
    """
    padded = pad(inputs, window, -np.inf)
    grad_padded = np.zeros_like(padded)
    for n, oh, ow, c in np.ndindex(*grad_outputs.shape):
        place = (n, *window_slices(window, oh, ow), c)
        pixels = padded[place]  # (KH, KW)
        kh, kw = np.unravel_index(pixels.argmax(), pixels.shape)  # argmax returns the first of several
        grad_padded[place][kh, kw] += grad_outputs[n, oh, ow, c]
    return unpad(grad_padded, window, inputs.shape)
