"""Convolution with a 1×1 kernel: one matrix product over all pixels.

A window of one pixel needs no columns, for the image is that matrix already::

    pixels  (N·OH·OW, C)      every SH-th row and SW-th column of the images; all of them with stride 1
    outputs (N·OH·OW, F)   =  pixels @ kernel + bias

and backward, as in ``conv2d_im2col``::

    ∂pixels = ∂outputs @ kernelᵀ          (pixels that a stride passed over have no gradient)
    ∂kernel = pixelsᵀ @ ∂outputs

Several images are left to ``conv2d_direct``, which needs no product at all, and few pixels to ``matmul``: see
``windows_pay`` and ``tiles_pay``. Other products are cut into pieces by their shapes, and BLAS does each of
them on one thread.

Shapes: inputs (N, H, W, C), kernel (1, 1, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry`` is
(KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``, with KH = KW = 1.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import (
    SMALL_PRODUCT,
    compiled,
    compiled_parallel,
    compiled_parallel_products,
)
from cnn_scratch.kernels.finish import finish_inplace
from cnn_scratch.kernels.matmul import matmul, multiply_large
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared

# A piece of a product has about this many rows: enough that it pays for BLAS to arrange the kernel. Where
# the kernel has more numbers than LARGE it has more rows, unless they were fewer than FEWEST_PIECES pieces.
PIECE_ROWS, MORE_ROWS = 256, 1024
LARGE = 2**16
FEWEST_PIECES = 4
# Windows are the better choice with at least FEWEST_PIXELS pixels in an image, and FEWEST_BANDS bands in all.
FEWEST_PIXELS = 128
FEWEST_BANDS = 8
# Fewer rows than these are left to ``matmul``.
MANY_ROWS = 1024
# The geometry of a window of one pixel.
POINT = (1, 1, 1, 1, 1, 1, 0, 0)


def forward(inputs, kernel, bias, geometry, relu, outputs, other=None, ceiling=np.inf) -> None:
    """Write ``outputs = pixels @ kernel + bias``, with ReLU applied if asked to.

    Given ``other``, an array of the outputs' shape, it is added before that; with a ``ceiling`` no output
    is larger.
    """
    if windows_pay(outputs):
        if geometry[2:4] == (1, 1):
            inputs, outputs = in_a_column(inputs), in_a_column(outputs)
            other = None if other is None else in_a_column(other)
        conv2d_direct.forward(inputs, kernel, bias, geometry, relu, outputs, other, ceiling)
        return
    pixels = pixels_of(inputs, geometry)
    matrix, target = kernel[0, 0], outputs.reshape(-1, bias.size)
    floor, ceiling = bias.dtype.type(0 if relu else -np.inf), bias.dtype.type(ceiling)
    others = np.empty((0, 0), bias.dtype) if other is None else other.reshape(target.shape)
    if tiles_pay(len(pixels), matrix):
        no_bounds = bias.dtype.type(-np.inf) if others.size else floor
        multiply_large(pixels, matrix, bias, no_bounds, False, target)
        if others.size or ceiling < np.inf:
            finish_inplace(target.reshape(-1), others.reshape(-1), floor, ceiling)
        return
    with single_threaded_blas(in_kernels=True):
        pieces = pieces_of(len(pixels), kernel.size)
        multiply(pixels, matrix, bias, (others, floor, ceiling), pieces, target)


def windows_pay(outputs) -> bool:
    """Return whether windows of one pixel, as ``conv2d_direct`` reads them, are done sooner than a product.

    So it is where threads have enough bands to share, and the bands hold many tiles.
    """
    _, OH, OW, _ = outputs.shape
    return OH * OW >= FEWEST_PIXELS and conv2d_direct.bands_of(outputs) >= FEWEST_BANDS


def in_a_column(images) -> np.ndarray:
    """Return the pixels of all images as one image (1, N·H·W, 1, C): windows of a pixel are the same, and
    whole tiles of them follow each other."""
    return images.reshape(1, -1, 1, images.shape[-1])


def tiles_pay(rows, matrix) -> bool:
    """Return whether the tiles of ``matmul`` are done sooner than BLAS, which has few pieces of few rows."""
    return rows < MANY_ROWS and rows * matrix.size >= SMALL_PRODUCT


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs."""
    SH, SW = geometry[2:4]
    places = grad_images  # (N, OH, OW, C)
    if (SH, SW) != (1, 1):
        places = aligned_empty((*grad_outputs.shape[:3], kernel.shape[2]), grad_outputs.dtype)
    if windows_pay(places):
        no_bias, turned = np.zeros(kernel.shape[2], kernel.dtype), kernel.transpose(0, 1, 3, 2)
        grads, target = in_a_column(grad_outputs), in_a_column(places)
        conv2d_direct.forward(grads, turned, no_bias, POINT, False, target)
    else:
        grads = grad_outputs.reshape(-1, grad_outputs.shape[-1])
        nothing, no_others = np.empty(0, grads.dtype), np.empty((0, 0), grads.dtype)
        zero, pieces = grads.dtype.type(0), pieces_of(len(grads), kernel.size)
        target = places.reshape(-1, kernel.shape[2])
        with single_threaded_blas(in_kernels=True):
            multiply(grads, kernel[0, 0].T, nothing, (no_others, zero, zero), pieces, target)
    if (SH, SW) != (1, 1):
        spread(places, SH, SW, grad_images)


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (C, F), and ∂loss/∂bias (F,)."""
    N, OH, OW, F = grad_outputs.shape
    pixels, grads = pixels_of(inputs, geometry), grad_outputs.reshape(-1, F)
    if len(pixels) >= MANY_ROWS:
        # Where a window is a pixel, a row is as good as an image, and threads share rows of a single image.
        rows, grad_rows = (array.reshape(N * OH, 1, OW, -1) for array in (pixels, grads))
        return conv2d_direct.grad_parameters(rows, grad_rows, POINT)
    with np.errstate(all="ignore"):  # as in every kernel
        return matmul(pixels.T, grads), grads.sum(axis=0)


def pixels_of(inputs, geometry) -> np.ndarray:
    """Return the pixels that a window of one pixel visits, (N·OH·OW, C)."""
    SH, SW = geometry[2:4]
    N, H, W, C = inputs.shape
    if (SH, SW) == (1, 1):
        return inputs.reshape(-1, C)
    pixels = aligned_empty((N, -(-H // SH), -(-W // SW), C), inputs.dtype)
    collect(inputs, 0, 0, SH, SW, pixels)
    return pixels.reshape(-1, C)


def pieces_of(rows, kernel_size) -> int:
    """Return into how many pieces a product is cut: none, a power of two, or a multiple of 16."""
    pieces = rows // PIECE_ROWS
    if kernel_size > LARGE:
        pieces = max(rows // MORE_ROWS, min(FEWEST_PIECES, pieces))
    if pieces > 8:
        return -(-pieces // 16) * 16
    return 1 << max(0, pieces - 1).bit_length() if rows else 0


@compiled_parallel
def collect(turns, images, top, left, SH, SW, pixels):
    """Write ``pixels[n, oh, ow] = images[n, top + oh·SH, left + ow·SW]``, and zeros outside the image."""
    _, H, W, _ = images.shape
    N, OH, OW, _ = pixels.shape
    for row in shared(turns, N * OH):
        n, h = row // OH, top + row % OH * SH
        target = pixels[n, row % OH]
        for ow in range(OW):
            w = left + ow * SW
            if 0 <= h < H and 0 <= w < W:
                copy_numbers(images[n, h, w], target[ow])
            else:
                target[ow] = 0


@compiled_parallel
def spread(turns, pixels, SH, SW, images):
    """Write ``images[:, ::SH, ::SW] = pixels``, and zeros between them."""
    N, H, W, _ = images.shape
    for row in shared(turns, N * H):
        n, h = row // H, row % H
        for w in range(W):
            if h % SH == 0 and w % SW == 0:
                copy_numbers(pixels[n, h // SH, w // SW], images[n, h, w])
            else:
                images[n, h, w] = 0


@compiled
def copy_numbers(source, target):
    """Write ``target = source``."""
    for i in range(target.size):
        target[i] = source[i]


@compiled_parallel_products
def multiply(turns, rows, matrix, bias, finish, pieces, target):
    """Write ``target = clip(rows @ matrix + bias + others, floor, ceiling)``.

    Args:
        bias: (F,); an empty one stands for the product alone, without a finish.
        finish: others, (N·OH·OW, F) or empty for none; floor and ceiling.
    """
    others, floor, ceiling = finish
    for piece in shared(turns, pieces):
        begin, end = piece * rows.shape[0] // pieces, (piece + 1) * rows.shape[0] // pieces
        part = target[begin:end]
        np.dot(rows[begin:end], matrix, part)
        if bias.size:
            for r in range(end - begin):
                row = part[r]
                if others.size:
                    other = others[begin + r]
                    for f in range(bias.size):
                        row[f] += other[f]
                for f in range(bias.size):
                    value = row[f] + bias[f]
                    value = floor if value < floor else value  # a comparison with NaN is false
                    row[f] = ceiling if value > ceiling else value
