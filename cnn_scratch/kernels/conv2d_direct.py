"""Convolution without columns: every window is read where it lies in the image.

The window of an output pixel is KH runs of KW·C numbers, one run per row of the window: in NHWC
memory the numbers of a run stand side by side, and so do the rows of an HWIO kernel that they are
multiplied with. So ``tile_product`` needs no patch matrix, only the offset of each window::

    outputs[p, f] = Σ_kh Σ_i  image[start of window p + kh·(a row of the image) + i] · kernel[kh, i, f]

A tile is ROWS output pixels × WIDTH filters. All tiles of one block of filters are computed before
the next, because its part of the kernel then stays in the first-level cache.

Backward has the same shape. ∂loss/∂inputs with stride 1 *is* a convolution: of ∂loss/∂outputs,
padded all around, with the kernel turned by 180°. And in ∂loss/∂kernel the sum goes over pixels::

    ∂kernel[k, f] = Σ_oh Σ_ow  image[offset of k in the window + place of the window] · ∂outputs[oh, ow, f]

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry``
is (KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``.
"""

import numpy as np
from numba import prange

from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.tile import ROWS, packed_blocks, tile_product, tile_width

# An image is cut into bands of output rows with about this many pixels, so that a single image
# occupies several threads and a band's part of the image stays in the second-level cache.
BAND_PIXELS = 1024
# The batch is cut into at most this many pieces for the kernel's gradient, whose sum is added up
# piece by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16
# Images with fewer output pixels than this together are taken as one for the kernel's gradient.
GROUP_PIXELS = 512


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    blocks = packed_blocks(kernel.reshape(-1, kernel.shape[-1]))
    forward_tiles(inputs, blocks, bias, geometry, relu, outputs)


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs for stride 1: a convolution of ∂loss/∂outputs with the turned kernel."""
    KH, KW, _, _, DH, DW, top, left = geometry
    turned = kernel[::-1, ::-1].transpose(0, 1, 3, 2)  # (KH, KW, F, C)
    turned_geometry = (KH, KW, 1, 1, DH, DW, (KH - 1) * DH - top, (KW - 1) * DW - left)
    no_bias = np.zeros(kernel.shape[2], kernel.dtype)
    forward(grad_outputs, np.ascontiguousarray(turned), no_bias, turned_geometry, False, grad_images)


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,)."""
    N, _, _, C = inputs.shape
    F = grad_outputs.shape[-1]
    pieces = min(N, MOST_PIECES)
    partial_kernels = np.zeros((pieces, geometry[0] * geometry[1] * C, F), inputs.dtype)
    partial_biases = np.zeros((pieces, F), inputs.dtype)
    grad_parameters_tiles(inputs, grad_outputs, geometry, partial_kernels, partial_biases)
    return partial_kernels.sum(axis=0), partial_biases.sum(axis=0)


@compiled
def window_steps(geometry, row_size, C):
    """Return the offsets of the runs of a window, and how many numbers a run has.

    Without a horizontal dilation a run is a whole row of the window, KW·C numbers; with one, it is
    a single pixel.
    """
    KH, KW, _, _, DH, DW, _, _ = geometry
    runs = 1 if DW == 1 else KW
    steps = np.empty(KH * runs, np.int64)
    for kh in range(KH):
        for run in range(runs):
            steps[kh * runs + run] = kh * DH * row_size + run * DW * C
    return steps, KW * C // runs


@compiled
def copy_padded(image, first_row, first_column, band):
    """Copy the part of ``image`` from a row and column on into ``band``; zeros outside the image."""
    H, W, C = image.shape
    rows, width, _ = band.shape
    band[:] = 0
    first, end = max(0, -first_column), min(width, W - first_column)
    for row in range(max(0, -first_row), min(rows, H - first_row)):
        source, target = image[first_row + row].reshape(-1), band[row].reshape(-1)
        for i in range(first * C, end * C):
            target[i] = source[first_column * C + i]


@compiled_parallel_products
def forward_tiles(inputs, blocks, bias, geometry, relu, outputs):
    """Write the outputs band by band; blocks (⌈F / WIDTH⌉, KH·KW·C, WIDTH) is the packed kernel."""
    KH, KW, SH, SW, DH, DW, top, left = geometry
    N, OH, OW, F = outputs.shape
    C = inputs.shape[3]
    packed = blocks.reshape(-1)
    width = tile_width(inputs.itemsize)
    band_rows = max(1, min(OH, BAND_PIXELS // OW))
    bands = (OH + band_rows - 1) // band_rows
    height = (band_rows - 1) * SH + (KH - 1) * DH + 1
    row_pixels = (OW - 1) * SW + (KW - 1) * DW + 1
    steps, run = window_steps(geometry, row_pixels * C, C)
    for piece in prange(N * bands):
        n, first = piece // bands, piece % bands * band_rows
        pixels = min(band_rows, OH - first) * OW
        band = np.empty((height, row_pixels, C), inputs.dtype)
        copy_padded(inputs[n], first * SH - top, -left, band)
        source = band.reshape(-1)
        targets = outputs[n, first : first + band_rows].reshape(-1, F)
        rows = np.empty(ROWS, np.int64)
        tile = np.empty((ROWS, width), inputs.dtype)
        for block in range(blocks.shape[0]):
            start = block * blocks.shape[1] * width
            for pixel in range(0, pixels, ROWS):
                for r in range(ROWS):
                    p = min(pixel + r, pixels - 1)  # the last tile may repeat the last pixel
                    rows[r] = ((p // OW) * SH * row_pixels + (p % OW) * SW) * C
                tile_product(source, rows, steps, run, 1, packed, start, run * width, width, tile)
                store_tile(tile, bias, relu, targets, pixel, block * width)


@compiled
def store_tile(tile, bias, relu, targets, first_pixel, first_filter):
    """Write a tile with its bias added to the output pixels, and apply ReLU if asked to.

    A comparison with NaN is false, so ``zero if value < zero else value`` keeps a NaN.
    """
    zero = tile.dtype.type(0)
    filters = min(tile.shape[1], bias.size - first_filter)
    biases = bias[first_filter : first_filter + filters]
    for r in range(min(ROWS, targets.shape[0] - first_pixel)):
        target = targets[first_pixel + r, first_filter : first_filter + filters]
        row = tile[r]
        for f in range(filters):
            value = row[f] + biases[f]
            target[f] = zero if relu and value < zero else value


@compiled_parallel_products
def grad_parameters_tiles(inputs, grad_outputs, geometry, partial_kernels, partial_biases):
    """Add the gradients of each piece of the batch into its part of the partial sums.

    Args:
        partial_kernels: (pieces, KH·KW·C, F), zeros.
        partial_biases: (pieces, F), zeros.
    """
    KH, KW, SH, SW, DH, DW, top, left = geometry
    N, OH, OW, F = grad_outputs.shape
    C = inputs.shape[3]
    pieces, patch_size, _ = partial_kernels.shape
    width = tile_width(inputs.itemsize)
    height = (OH - 1) * SH + (KH - 1) * DH + 1
    row_pixels = (OW - 1) * SW + (KW - 1) * DW + 1
    # A tile is written only once for a group of small images, one below the other.
    group = max(1, GROUP_PIXELS // (OH * OW))
    steps = np.empty(group * OH, np.int64)
    for row in range(group * OH):
        steps[row] = (row // OH * height + row % OH * SH) * row_pixels * C
    for piece in prange(pieces):
        grad_kernel, grad_bias = partial_kernels[piece], partial_biases[piece]
        bands = np.empty((group, height, row_pixels, C), inputs.dtype)
        packed = np.empty((group * OH * OW, width), inputs.dtype)
        rows = np.empty(ROWS, np.int64)
        tile = np.empty((ROWS, width), inputs.dtype)
        end = (piece + 1) * N // pieces
        for first in range(piece * N // pieces, end, group):
            images = min(group, end - first)
            for n in range(images):
                copy_padded(inputs[first + n], -top, -left, bands[n])
            grads = grad_outputs[first : first + images].reshape(-1, F)
            for first_filter in range(0, F, width):
                pack_grads(grads, first_filter, packed, grad_bias)
                for k in range(0, patch_size, ROWS):
                    for r in range(ROWS):
                        place = min(k + r, patch_size - 1)
                        kh, kw, c = place // (KW * C), place // C % KW, place % C
                        rows[r] = (kh * DH * row_pixels + kw * DW) * C + c
                    a, b, a_steps = bands.reshape(-1), packed.reshape(-1), steps[: images * OH]
                    tile_product(a, rows, a_steps, OW, SW * C, b, 0, OW * width, width, tile)
                    add_tile(tile, grad_kernel, k, first_filter)


@compiled
def pack_grads(grads, first_filter, packed, grad_bias):
    """Copy WIDTH columns of ``grads`` (pixels, F) into ``packed``, and add them up into ``grad_bias``."""
    filters = min(packed.shape[1], grads.shape[1] - first_filter)
    total = np.zeros(packed.shape[1], packed.dtype)
    for p in range(grads.shape[0]):
        source, target = grads[p, first_filter : first_filter + filters], packed[p]
        for f in range(filters):
            target[f] = source[f]
            total[f] += source[f]
        for f in range(filters, target.size):
            target[f] = 0
    for f in range(filters):
        grad_bias[first_filter + f] += total[f]


@compiled
def add_tile(tile, matrix, first_row, first_column):
    """Add a tile to the part of ``matrix`` (K, F) that begins at the given row and column."""
    columns = min(tile.shape[1], matrix.shape[1] - first_column)
    for r in range(min(ROWS, matrix.shape[0] - first_row)):
        target, row = matrix[first_row + r, first_column : first_column + columns], tile[r]
        for f in range(columns):
            target[f] += row[f]
