"""Average pooling: the mean of the pixels of every window that lie inside the image.

Shapes: inputs (N, H, W, C), outputs (N, OH, OW, C). The innermost loops run over the channels,
which lie side by side in memory, so several channels are added by one instruction.
"""

import numpy as np
from numba import prange

from cnn_scratch.kernels.compile import compiled, compiled_parallel


def forward(inputs, window) -> np.ndarray:
    """Return the outputs for a ``cnn_scratch.shapes.Window``."""
    N, H, W, C = inputs.shape
    outputs = np.empty((N, *window.output_size(H, W), C), inputs.dtype)
    pool(inputs, window.arguments(H, W), outputs)
    return outputs


def grad_inputs(grad_outputs, window, input_shape) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    grad_images = np.empty(input_shape, grad_outputs.dtype)
    unpool(grad_outputs, window.arguments(*input_shape[1:3]), grad_images)
    return grad_images


@compiled
def inside(start, size, length):
    """Return the pixels (first, end) of an axis that a window of ``size`` pixels from ``start`` covers."""
    return max(0, start), min(start + size, length)


@compiled_parallel
def pool(inputs, geometry, outputs):
    """Write ``outputs[n, oh, ow, c] = Σ inputs[n, h, w, c] / count`` over the ``count`` pixels inside."""
    KH, KW, SH, SW, _, _, top, left = geometry
    _, H, W, C = inputs.shape
    N, OH, OW, _ = outputs.shape
    for row in prange(N * OH):
        n, oh = row // OH, row % OH
        first_h, end_h = inside(oh * SH - top, KH, H)
        for ow in range(OW):
            first_w, end_w = inside(ow * SW - left, KW, W)
            count = inputs.dtype.type((end_h - first_h) * (end_w - first_w))
            mean = outputs[n, oh, ow]
            mean[:] = 0
            for h in range(first_h, end_h):
                for w in range(first_w, end_w):
                    pixels = inputs[n, h, w]
                    for c in range(C):
                        mean[c] += pixels[c]
            for c in range(C):
                mean[c] /= count


@compiled_parallel
def unpool(grad_outputs, geometry, grad_images):
    """Write to each pixel the sum of ``grad_outputs / count`` over the windows that cover it.

    Windows overlap, so the gradients of one image are added by one thread, in row-major order.
    """
    KH, KW, SH, SW, _, _, top, left = geometry
    N, H, W, C = grad_images.shape
    _, OH, OW, _ = grad_outputs.shape
    for n in prange(N):
        grad_images[n] = 0
        share = np.empty(C, grad_images.dtype)
        for oh in range(OH):
            first_h, end_h = inside(oh * SH - top, KH, H)
            for ow in range(OW):
                first_w, end_w = inside(ow * SW - left, KW, W)
                count = grad_images.dtype.type((end_h - first_h) * (end_w - first_w))
                for c in range(C):
                    share[c] = grad_outputs[n, oh, ow, c] / count
                for h in range(first_h, end_h):
                    for w in range(first_w, end_w):
                        grad_pixels = grad_images[n, h, w]
                        for c in range(C):
                            grad_pixels[c] += share[c]
