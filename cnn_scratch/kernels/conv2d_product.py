"""Convolution of few pixels with many channels: all windows at once, as one product of matrices.

As in ``conv2d_im2col`` a window is a row of KH·KW·C numbers::

    columns  (N·OH·OW, KH·KW·C)
    outputs  (N·OH·OW, F)   =  columns @ kernel + bias
    ∂kernel                 =  columnsᵀ @ ∂outputs
    ∂columns                =  ∂outputs @ kernelᵀ        added back to where each number was read

A single image late in a network has few pixels, and a kernel with far more numbers than the image. There it
takes longer to arrange the kernel in another way than to multiply with it, and the pixels are too few to be
shared between threads. Here the kernel is read where it lies, and ``matmul`` shares filters as well as
pixels. The columns are KH·KW times as many numbers as the image, which is still little: NumPy copies them.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry`` is
(KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnn_scratch.kernels.matmul import matmul, multiply


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    F = kernel.shape[-1]
    floor = bias.dtype.type(0 if relu else -np.inf)
    columns = im2col(inputs, geometry, outputs.shape[1:3])
    multiply(columns, kernel.reshape(-1, F), bias, floor, False, outputs.reshape(-1, F))


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs, for stride 1."""
    F = kernel.shape[-1]
    grad_columns = matmul(grad_outputs.reshape(-1, F), kernel.reshape(-1, F).T)
    grad_columns = grad_columns.reshape(*grad_outputs.shape[:3], *kernel.shape[:3])
    padded, images, inside = with_border(grad_images, geometry, grad_outputs.shape[1:3])
    windows = windows_of(padded, geometry, grad_outputs.shape[1:3])
    with np.errstate(all="ignore"):  # an infinity or NaN passes without a warning, as in every kernel
        for i, j in np.ndindex(kernel.shape[:2]):
            windows[:, :, :, i, j] += grad_columns[:, :, :, i, j]
    grad_images[...] = 0
    grad_images[images] = padded[inside]


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,)."""
    grads = grad_outputs.reshape(-1, grad_outputs.shape[-1])
    columns = im2col(inputs, geometry, grad_outputs.shape[1:3])
    with np.errstate(all="ignore"):
        return matmul(columns.T, grads), grads.sum(axis=0)


def im2col(inputs, geometry, size) -> np.ndarray:
    """Return the windows of all outputs, ``size`` in an image, as the rows of a matrix (N·OH·OW, KH·KW·C)."""
    padded, images, inside = with_border(inputs, geometry, size)
    padded[inside] = inputs[images]
    windows = windows_of(padded, geometry, size)
    return windows.reshape(-1, int(np.prod(windows.shape[3:])))


def with_border(images, geometry, size):
    """Return zeros for all pixels that windows see, and where the images lie: in themselves, and in there."""
    KH, KW, SH, SW, DH, DW, top, left = geometry
    N, H, W, C = images.shape
    height, width = (size[0] - 1) * SH + (KH - 1) * DH + 1, (size[1] - 1) * SW + (KW - 1) * DW + 1
    rows, columns = min(H, height - top), min(W, width - left)  # a stride may leave out the last ones
    padded = np.zeros((N, height, width, C), images.dtype)
    inside = np.s_[:, top : top + rows, left : left + columns]
    return padded, np.s_[:, :rows, :columns], inside


def windows_of(padded, geometry, size):
    """Return the windows as a view (N, OH, OW, KH, KW, C) of the images with their border."""
    KH, KW, SH, SW, DH, DW, _, _ = geometry
    image, row, pixel, number = padded.strides
    strides = image, SH * row, SW * pixel, DH * row, DW * pixel, number
    return as_strided(padded, (len(padded), *size, KH, KW, padded.shape[3]), strides)
