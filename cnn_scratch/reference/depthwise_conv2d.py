"""Depthwise convolution by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.conv2d import pad, unpad, window_slices
from cnn_scratch.shapes import Window


def depthwise_conv2d(inputs, kernel, bias, window: Window) -> np.ndarray:
    """Return ``outputs[n, oh, ow, f] = Σ_kh Σ_kw padded[n, h, w, c] · kernel[kh, kw, c, m] + bias[f]``.

    Here f = c·M + m, h = oh·SH + kh·DH and w = ow·SW + kw·DW.

    Args:
        inputs: (N, H, W, C).
        kernel: (KH, KW, C, M).
        bias: (C·M,).

    Returns:
        outputs: (N, OH, OW, C·M).
    """
    padded = pad(inputs, window)
    N, OH, OW = len(inputs), *window.output_size(*inputs.shape[1:3])
    C, M = kernel.shape[2:]
    outputs = np.empty((N, OH, OW, C, M), inputs.dtype)
    for oh, ow in np.ndindex(OH, OW):
        pixels = padded[(slice(None), *window_slices(window, oh, ow))]  # (N, KH, KW, C)
        outputs[:, oh, ow] = np.einsum("nklc,klcm->ncm", pixels, kernel)
    return outputs.reshape(N, OH, OW, C * M) + bias


def depthwise_conv2d_gradients(inputs, kernel, grad_outputs, window: Window):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every window.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, C·M).
    """
    padded = pad(inputs, window)
    grad_padded = np.zeros_like(padded)
    grad_kernel = np.zeros_like(kernel)
    N, OH, OW, _ = grad_outputs.shape
    for oh, ow in np.ndindex(OH, OW):
        place = (slice(None), *window_slices(window, oh, ow))
        grad = grad_outputs[:, oh, ow].reshape(N, *kernel.shape[2:])  # (N, C, M)
        grad_kernel += np.einsum("nklc,ncm->klcm", padded[place], grad)
        grad_padded[place] += np.einsum("ncm,klcm->nklc", grad, kernel)
    return unpad(grad_padded, window, inputs.shape), grad_kernel, grad_outputs.sum(axis=(0, 1, 2))
