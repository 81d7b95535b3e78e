"""Transposed convolution by its definition: every input pixel gives its multiple of the kernel."""

import numpy as np

from cnn_scratch.reference.conv2d import unpad, window_slices
from cnn_scratch.shapes import Window


def conv2d_transpose(inputs, kernel, bias, window: Window, sizes) -> np.ndarray:
    """Return the sum of what every input pixel gives, plus ``bias[f]``.

    ``outputs[n, oh, ow, f] += Σ_c inputs[n, h, w, c] · kernel[kh, kw, f, c]`` with
    oh = h·SH + kh·DH − top and ow = w·SW + kw·DW − left, where that lies inside.

    Args:
        inputs: (N, H, W, C).
        kernel: (KH, KW, F, C).
        bias: (F,).
        sizes: (OH, OW).

    Returns:
        outputs: (N, OH, OW, F).
    """
    N, H, W, _ = inputs.shape
    shape = (N, *sizes, kernel.shape[2])
    padded = np.zeros(padded_shape(shape, window), inputs.dtype)
    for h, w in np.ndindex(H, W):
        given = np.einsum("nc,klfc->nklf", inputs[:, h, w], kernel)
        padded[(slice(None), *window_slices(window, h, w))] += given
    return unpad(padded, window, shape) + bias


def conv2d_transpose_gradients(inputs, kernel, grad_outputs, window: Window):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every pixel.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, F).
    """
    top, _, left, _ = window.pads(*grad_outputs.shape[1:3])
    OH, OW = grad_outputs.shape[1:3]
    padded = np.zeros(padded_shape(grad_outputs.shape, window), grad_outputs.dtype)
    padded[:, top : top + OH, left : left + OW] = grad_outputs
    grad_inputs, grad_kernel = np.zeros_like(inputs), np.zeros_like(kernel)
    for h, w in np.ndindex(*inputs.shape[1:3]):
        seen = padded[(slice(None), *window_slices(window, h, w))]  # (N, KH, KW, F)
        grad_inputs[:, h, w] = np.einsum("nklf,klfc->nc", seen, kernel)
        grad_kernel += np.einsum("nklf,nc->klfc", seen, inputs[:, h, w])
    return grad_inputs, grad_kernel, grad_outputs.sum(axis=(0, 1, 2))


def padded_shape(shape, window: Window) -> tuple[int, ...]:
    """Return the shape of the outputs (N, OH, OW, F) with the border that is lost."""
    N, OH, OW, F = shape
    top, bottom, left, right = window.pads(OH, OW)
    return N, top + OH + bottom, left + OW + right, F
