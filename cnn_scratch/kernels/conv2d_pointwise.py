"""Convolution with a 1×1 kernel: one matrix product over all pixels.

A window of one pixel needs no columns, for the image is that matrix already::

    pixels  (N·OH·OW, C)      every SH-th row and SW-th column of the images; all of them with stride 1
    outputs (N·OH·OW, F)   =  pixels @ kernel + bias

and backward, as in ``conv2d_im2col``::

    ∂pixels = ∂outputs @ kernelᵀ          (pixels that a stride passed over have no gradient)
    ∂kernel = pixelsᵀ @ ∂outputs

The products are cut into pieces by their shapes; BLAS does each of them on one thread. Forward, several
images are left to ``conv2d_direct`` and a few pixels to ``matmul``: see ``windows_pay`` and ``tiles_pay``.

Shapes: inputs (N, H, W, C), kernel (1, 1, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry`` is
(KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``, with KH = KW = 1.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.compile import (
    SMALL_PRODUCT,
    compiled,
    compiled_parallel,
    compiled_parallel_products,
    single_threaded_blas,
)
from cnn_scratch.kernels.finish import finish_inplace
from cnn_scratch.kernels.matmul import flat, multiply_pieces
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared

# A piece of a product has about this many rows: enough that it pays for BLAS to arrange the kernel. Where
# the kernel has more numbers than LARGE it has more rows, unless they were fewer than FEWEST_PIECES pieces.
PIECE_ROWS, MORE_ROWS = 256, 1024
LARGE = 2**16
FEWEST_PIECES = 4
# From so many pixels of an image, and so many bands of all images on, windows are the better choice.
FEWEST_PIXELS = 128
FEWEST_BANDS = 8
# The kernel's gradient is cut into blocks of about this many rows and columns. If these are fewer than
# MOST_PIECES, the pixels are cut as well, and the sums are added up in a fixed order.
BLOCK = 384
MOST_PIECES = 16


def forward(inputs, kernel, bias, geometry, relu, outputs, other=None, ceiling=np.inf) -> None:
    """Write ``outputs = pixels @ kernel + bias``, with ReLU applied if asked to.

    Given ``other``, an array of the outputs' shape, it is added before that; with a ``ceiling`` no output
    is larger.
    """
    if windows_pay(outputs):
        conv2d_direct.forward(inputs, kernel, bias, geometry, relu, outputs, other, ceiling)
        return
    pixels = pixels_of(inputs, geometry)
    matrix, target = kernel[0, 0], outputs.reshape(-1, bias.size)
    floor, ceiling = bias.dtype.type(0 if relu else -np.inf), bias.dtype.type(ceiling)
    others = np.empty((0, 0), bias.dtype) if other is None else other.reshape(target.shape)
    if tiles_pay(len(pixels), matrix):
        no_bounds = bias.dtype.type(-np.inf) if others.size else floor
        multiply_pieces(*flat(pixels), *flat(matrix), len(matrix), bias, no_bounds, False, target)
        if others.size or ceiling < np.inf:
            finish_inplace(target.reshape(-1), others.reshape(-1), floor, ceiling)
        return
    with single_threaded_blas():
        multiply(pixels, matrix, bias, others, floor, ceiling, pieces_of(len(pixels), kernel.size), target)


def windows_pay(outputs) -> bool:
    """Return whether windows of one pixel, as ``conv2d_direct`` reads them, are done sooner than a product.

    So it is where threads have enough bands to share, and the bands hold many tiles.
    """
    _, OH, OW, _ = outputs.shape
    return OH * OW >= FEWEST_PIXELS and conv2d_direct.bands_of(outputs) >= FEWEST_BANDS


def tiles_pay(rows, matrix) -> bool:
    """Return whether the tiles of ``matmul`` are done sooner than BLAS, which has few pieces of few rows."""
    return rows < 3 * PIECE_ROWS and rows * matrix.size >= SMALL_PRODUCT


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs."""
    grads = grad_outputs.reshape(-1, grad_outputs.shape[-1])
    SH, SW = geometry[2:4]
    nothing, no_others = np.empty(0, grads.dtype), np.empty((0, 0), grads.dtype)
    zero = grads.dtype.type(0)
    places = grad_images  # (N, OH, OW, C)
    if (SH, SW) != (1, 1):
        places = aligned_empty((*grad_outputs.shape[:3], kernel.shape[2]), grads.dtype)
    with single_threaded_blas():
        target = places.reshape(-1, kernel.shape[2])
        pieces = pieces_of(len(grads), kernel.size)
        multiply(grads, kernel[0, 0].T, nothing, no_others, zero, zero, pieces, target)
    if (SH, SW) != (1, 1):
        spread(places, SH, SW, grad_images)


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (C, F), and ∂loss/∂bias (F,)."""
    pixels = pixels_of(inputs, geometry)
    grads = grad_outputs.reshape(-1, grad_outputs.shape[-1])
    C, F = pixels.shape[1], grads.shape[1]
    blocks = -(-C // BLOCK) * -(-F // BLOCK)
    pieces = max(1, min(MOST_PIECES // blocks, len(pixels) // PIECE_ROWS))
    pieces = 1 << pieces.bit_length() - 1  # a power of two
    partial_kernels = np.empty((pieces, C, F), pixels.dtype)
    partial_biases = np.zeros((pieces, F), pixels.dtype)
    with single_threaded_blas():
        sum_products(pixels, grads, partial_kernels, partial_biases)
    if pieces == 1:
        return partial_kernels[0], partial_biases[0]
    return partial_kernels.sum(axis=0), partial_biases.sum(axis=0)


def pixels_of(inputs, geometry) -> np.ndarray:
    """Return the pixels that a window of one pixel visits, (N·OH·OW, C)."""
    SH, SW = geometry[2:4]
    N, H, W, C = inputs.shape
    if (SH, SW) == (1, 1):
        return inputs.reshape(-1, C)
    pixels = aligned_empty((N, -(-H // SH), -(-W // SW), C), inputs.dtype)
    collect(inputs, SH, SW, pixels)
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
def collect(turns, images, SH, SW, pixels):
    """Write ``pixels = images[:, ::SH, ::SW]``."""
    N, OH, OW, _ = pixels.shape
    for row in shared(turns, N * OH):
        n, oh = row // OH, row % OH
        for ow in range(OW):
            copy_numbers(images[n, oh * SH, ow * SW], pixels[n, oh, ow])


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
def multiply(turns, rows, matrix, bias, others, floor, ceiling, pieces, target):
    """Write ``target = clip(rows @ matrix + bias + others, floor, ceiling)``.

    Args:
        bias: (F,); an empty one stands for the product alone.
        others: (N·OH·OW, F), or empty for none.
    """
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


@compiled_parallel_products
def sum_products(turns, pixels, grads, partial_kernels, partial_biases):
    """Write ``∂kernel = pixelsᵀ @ grads`` and ``∂bias = Σ grads`` for each piece of the pixels.

    Args:
        partial_kernels: (pieces, C, F).
        partial_biases: (pieces, F), zeros.
    """
    pieces, C, F = partial_kernels.shape
    down, across = (C + BLOCK - 1) // BLOCK, (F + BLOCK - 1) // BLOCK
    for task in shared(turns, pieces * down * across):
        piece, block = task // (down * across), task % (down * across)
        first_c, end_c = block // across * C // down, (block // across + 1) * C // down
        first_f, end_f = block % across * F // across, (block % across + 1) * F // across
        begin, end = piece * pixels.shape[0] // pieces, (piece + 1) * pixels.shape[0] // pieces
        product = np.empty((end_c - first_c, end_f - first_f), pixels.dtype)
        total = partial_kernels[piece]
        total[first_c:end_c, first_f:end_f] = 0
        for first in range(begin, end, PIECE_ROWS):
            rows = min(PIECE_ROWS, end - first)
            some_pixels = np.empty((rows, end_c - first_c), pixels.dtype)
            some_grads = np.empty((rows, end_f - first_f), pixels.dtype)
            copy_columns(pixels, first, first_c, some_pixels)
            copy_columns(grads, first, first_f, some_grads)
            np.dot(some_pixels.T, some_grads, product)
            for c in range(end_c - first_c):
                source, row = product[c], total[first_c + c, first_f:end_f]
                for f in range(end_f - first_f):
                    row[f] += source[f]
            if first_c == 0:
                bias = partial_biases[piece, first_f:end_f]
                for r in range(rows):
                    row = some_grads[r]
                    for f in range(end_f - first_f):
                        bias[f] += row[f]


@compiled
def copy_columns(matrix, first_row, first_column, part):
    """Copy a part of a matrix into an array of its own."""
    for r in range(part.shape[0]):
        copy_numbers(matrix[first_row + r, first_column:], part[r])
