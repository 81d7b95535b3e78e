"""Average pooling: the mean of the pixels of every window that lie inside the image.

A sum over a window is the sum of its columns, and each column serves all windows that it is in. So an
output row is made in two steps: the image's rows are added up, and then shifted copies of that sum.
Backward takes the same steps from outputs to pixels. With stride 1 all pixels of a row lie side by
side in both arrays, so the innermost loops are long whatever the number of channels.

Shapes: inputs (N, H, W, C), outputs (N, OH, OW, C); W·C numbers are a row of the image.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.conv2d_pointwise import collect
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared

# Rows that one thread makes at a time: some, so that it seldom asks for memory.
ROWS = 4


def forward(inputs, window) -> np.ndarray:
    """Return the outputs for a ``cnn_scratch.shapes.Window``."""
    N, H, W, C = inputs.shape
    OH, OW = window.output_size(H, W)
    outputs = aligned_empty((N, OH, OW, C), inputs.dtype)
    geometry = window.arguments(H, W)
    if window.size == (1, 1):  # the mean of one pixel is that pixel
        collect(inputs, 0, 0, *window.strides, outputs)
        return outputs
    columns = columns_inside(geometry, W, outputs)
    pool(inputs.reshape(N, H, W * C), geometry, C, columns, outputs.reshape(N, OH, OW * C))
    return outputs


def grad_inputs(grad_outputs, window, input_shape) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    N, H, W, C = input_shape
    _, OH, OW, _ = grad_outputs.shape
    grad_images = aligned_empty(input_shape, grad_outputs.dtype)
    geometry = window.arguments(H, W)
    columns = columns_inside(geometry, W, grad_outputs)
    unpool(grad_outputs.reshape(N, OH, OW * C), geometry, C, columns, grad_images.reshape(N, H, W * C))
    return grad_images


def columns_inside(geometry, W, outputs) -> np.ndarray:
    """Return how many columns of each window lie in the image, for all numbers of a row of ``outputs``."""
    KW, SW, left = geometry[1], geometry[3], geometry[7]
    OW, C = outputs.shape[2:]
    start = np.arange(OW) * SW - left
    columns = np.minimum(start + KW, W) - np.maximum(start, 0)
    return np.repeat(columns.astype(outputs.dtype), C)


@compiled
def inside(start, size, length):
    """Return the pixels (first, end) of an axis that a window of ``size`` pixels from ``start`` covers."""
    return max(0, start), min(start + size, length)


@compiled
def covering(pixel, size, stride, length):
    """Return the windows (first, end), of ``length``, that cover the pixel ``pixel`` behind the padding."""
    return max(0, (pixel - size + stride) // stride), min(pixel // stride + 1, length)


@compiled_parallel
def pool(turns, inputs, geometry, C, columns, outputs):
    """Write the mean of each window: ``Σ inputs[n, h, w, c] / (rows · columns)`` over those inside.

    Args:
        inputs, outputs: (N, H, W·C) and (N, OH, OW·C).
        columns: (OW·C,), see ``columns_inside``.
    """
    KH, KW, SH, SW, _, _, top, _ = geometry
    _, H, M = inputs.shape
    N, OH, OM = outputs.shape
    for piece in shared(turns, (N * OH + ROWS - 1) // ROWS):
        total, windows = np.empty(M, inputs.dtype), np.empty(columns.size, inputs.dtype)
        for row in range(piece * ROWS, min((piece + 1) * ROWS, N * OH)):
            n, oh = row // OH, row % OH
            first, end = inside(oh * SH - top, KH, H)
            total[:] = 0
            for h in range(first, end):
                add(inputs[n, h], total)
            windows[:] = 0
            for kw in range(KW):
                pixel, begin, stop, length = runs(kw, geometry, M // C, OM // C, C)
                for i in range(begin, stop, length):
                    start = pixel + (i - begin) * SW
                    add(total[start : start + length], windows[i : i + length])
            rows = inputs.dtype.type(end - first)
            mean = outputs[n, oh]
            for i in range(windows.size):
                mean[i] = windows[i] / (rows * columns[i])


@compiled_parallel
def unpool(turns, grad_outputs, geometry, C, columns, grad_images):
    """Write to each pixel the sum of ``grad_outputs / (rows · columns)`` over the windows that cover it.

    Args:
        grad_outputs, grad_images: (N, OH, OW·C) and (N, H, W·C).
        columns: (OW·C,), see ``columns_inside``.
    """
    KH, KW, SH, SW, _, _, top, _ = geometry
    N, H, M = grad_images.shape
    _, OH, OM = grad_outputs.shape
    for piece in shared(turns, (N * H + ROWS - 1) // ROWS):
        shares = np.empty(columns.size, columns.dtype)
        for row in range(piece * ROWS, min((piece + 1) * ROWS, N * H)):
            n, h = row // H, row % H
            first, end = covering(h + top, KH, SH, OH)
            shares[:] = 0
            for oh in range(first, end):
                first_h, end_h = inside(oh * SH - top, KH, H)
                share = columns.dtype.type(1) / columns.dtype.type(end_h - first_h)
                grads = grad_outputs[n, oh]
                for i in range(shares.size):
                    shares[i] += grads[i] * share
            for i in range(shares.size):
                shares[i] /= columns[i]
            grad_images[n, h] = 0
            for kw in range(KW):
                pixel, begin, stop, length = runs(kw, geometry, M // C, OM // C, C)
                for i in range(begin, stop, length):
                    start = pixel + (i - begin) * SW
                    add(shares[i : i + length], grad_images[n, h, start : start + length])


@compiled
def runs(kw, geometry, W, OW, C):
    """Return where the numbers lie that the windows' column ``kw`` takes from a row of pixels.

    Returns:
        The first of them in the row, the first and the end of their windows' numbers, and how many lie side
        by side in both: all with stride 1, and otherwise the channels of a pixel.
    """
    _, _, _, SW, _, _, _, left = geometry
    first = max(0, -((kw - left) // SW))
    end = min(OW, (W - 1 - kw + left) // SW + 1)
    length = (end - first) * C if SW == 1 else C
    return (first * SW + kw - left) * C, first * C, end * C, max(1, length)


@compiled
def add(numbers, total):
    """Add ``numbers`` to ``total`` in place."""
    for i in range(total.size):
        total[i] += numbers[i]
