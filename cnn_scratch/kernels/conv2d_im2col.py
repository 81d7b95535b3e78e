"""Convolution as matrix products: im2col, one tile at a time.

The window that belongs to one output pixel is a patch of KH·KW·C numbers. Laid out as a row, it
turns the convolution at that pixel into a product with the kernel, seen as a matrix::

    columns   (pixels, KH·KW·C)      one row per output pixel
    kernel    (KH·KW·C, F)           HWIO memory is this matrix already
    outputs   (pixels, F)   =   columns @ kernel + bias

Nothing needs transposing: in NHWC data with HWIO kernels the numbers of a patch and the rows of
the kernel stand in the same order. All columns of a batch at once would be KH·KW times the data,
far too much for a cache. So the columns of a few output rows are made (a *tile*, sized to fit one
core's second-level cache), multiplied, and forgotten; backward makes them again.

Backward reverses the product ``outputs = columns @ kernel``::

    ∂kernel  = columnsᵀ @ ∂outputs
    ∂columns = ∂outputs @ kernelᵀ        and each patch is added back where it was read (col2im)

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, OH, OW, F). ``geometry``
is the tuple (KH, KW, SH, SW, DH, DW, top, left) of window, strides, dilation and padding.
"""

import numpy as np

from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.threads import shared

# A tile's columns fill at most this much: half of a common second-level cache of 512 KiB or more.
TILE_BYTES = 256 * 1024
# The batch is cut into at most this many pieces for the kernel's gradient, whose sum is added up
# piece by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    with single_threaded_blas(in_kernels=True):
        forward_tiles(inputs, kernel, bias, geometry, relu, outputs)


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs."""
    with single_threaded_blas(in_kernels=True):
        grad_inputs_tiles(grad_outputs, kernel, geometry, grad_images)


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,)."""
    N, _, _, C = inputs.shape
    F = grad_outputs.shape[-1]
    pieces = min(N, MOST_PIECES)
    partial_kernels = np.zeros((pieces, geometry[0] * geometry[1] * C, F), inputs.dtype)
    partial_biases = np.zeros((pieces, F), inputs.dtype)
    with single_threaded_blas(in_kernels=True):
        grad_parameters_tiles(inputs, grad_outputs, geometry, partial_kernels, partial_biases)
    with np.errstate(all="ignore"):  # an infinity or NaN passes without a warning, as in every kernel
        return partial_kernels.sum(axis=0), partial_biases.sum(axis=0)


@compiled
def rows_per_tile(OH, OW, patch_size, itemsize):
    """Return how many output rows make a tile: at least one, at most all."""
    rows = TILE_BYTES // (OW * patch_size * itemsize)
    return max(1, min(OH, rows))


@compiled
def im2col(image, first_row, geometry, OW, columns):
    """Fill ``columns`` (rows·OW, KH·KW·C) with the patches of the output rows from ``first_row`` on.

    columns[oh·OW + ow, (kh·KW + kw)·C + c] = image[oh·SH + kh·DH − top, ow·SW + kw·DW − left, c],
    and 0 where that lies outside the image.
    """
    KH, KW, SH, SW, DH, DW, top, left = geometry
    H, W, C = image.shape
    pixels = image.reshape(-1)
    zero = image.dtype.type(0)
    for row in range(columns.shape[0]):
        oh, ow = first_row + row // OW, row % OW
        patch = columns[row]
        w = ow * SW - left
        for kh in range(KH):
            h = oh * SH + kh * DH - top
            start = kh * KW * C
            if 0 <= h < H and DW == 1 and 0 <= w <= W - KW:
                # A whole row of the window lies inside the image: one run of KW·C numbers.
                source = (h * W + w) * C
                for i in range(KW * C):
                    patch[start + i] = pixels[source + i]
            else:
                for kw in range(KW):
                    inside = 0 <= h < H and 0 <= w + kw * DW < W
                    source = (h * W + w + kw * DW) * C
                    for c in range(C):
                        patch[start + kw * C + c] = pixels[source + c] if inside else zero


@compiled
def col2im(columns, first_row, geometry, OW, grad_image):
    """Add each patch of ``columns`` to the pixels of ``grad_image`` that it was read from."""
    KH, KW, SH, SW, DH, DW, top, left = geometry
    H, W, C = grad_image.shape
    pixels = grad_image.reshape(-1)
    for row in range(columns.shape[0]):
        oh, ow = first_row + row // OW, row % OW
        patch = columns[row]
        w = ow * SW - left
        for kh in range(KH):
            h = oh * SH + kh * DH - top
            if h < 0 or h >= H:
                continue
            start = kh * KW * C
            if DW == 1 and 0 <= w <= W - KW:
                target = (h * W + w) * C
                for i in range(KW * C):
                    pixels[target + i] += patch[start + i]
            else:
                for kw in range(KW):
                    if 0 <= w + kw * DW < W:
                        target = (h * W + w + kw * DW) * C
                        for c in range(C):
                            pixels[target + c] += patch[start + kw * C + c]


@compiled
def add_bias(pixels, bias, relu):
    """Add ``bias`` (F,) to each row of ``pixels`` (P, F) in place, and apply ReLU if asked to.

    A comparison with NaN is false, so ``zero if value < zero else value`` keeps a NaN.
    """
    zero = pixels.dtype.type(0)
    for p in range(pixels.shape[0]):
        for f in range(pixels.shape[1]):
            value = pixels[p, f] + bias[f]
            pixels[p, f] = zero if relu and value < zero else value


@compiled_parallel_products
def forward_tiles(turns, inputs, kernel, bias, geometry, relu, outputs):
    """Write ``outputs = columns @ kernel + bias``, with ReLU applied while the tile is in cache."""
    N, OH, OW, F = outputs.shape
    matrix = kernel.reshape(-1, F)
    tile_rows = rows_per_tile(OH, OW, matrix.shape[0], kernel.itemsize)
    tiles = (OH + tile_rows - 1) // tile_rows
    for piece in shared(turns, N * tiles):
        n, first = piece // tiles, piece % tiles * tile_rows
        rows = min(tile_rows, OH - first)
        columns = np.empty((rows * OW, matrix.shape[0]), inputs.dtype)
        im2col(inputs[n], first, geometry, OW, columns)
        tile = outputs[n, first : first + rows].reshape(rows * OW, F)
        np.dot(columns, matrix, tile)
        add_bias(tile, bias, relu)


@compiled_parallel_products
def grad_parameters_tiles(turns, inputs, grad_outputs, geometry, partial_kernels, partial_biases):
    """Write the sums ``∂kernel = columnsᵀ @ ∂outputs`` and ``∂bias = Σ ∂outputs`` of each piece of the batch.

    Args:
        partial_kernels: (pieces, KH·KW·C, F), zeros; one sum for each piece.
        partial_biases: (pieces, F), zeros.
    """
    N, OH, OW, F = grad_outputs.shape
    pieces, patch_size, _ = partial_kernels.shape
    tile_rows = rows_per_tile(OH, OW, patch_size, inputs.itemsize)
    for piece in shared(turns, pieces):
        columns = np.empty((tile_rows * OW, patch_size), inputs.dtype)
        product = np.empty((patch_size, F), inputs.dtype)
        grad_kernel, grad_bias = partial_kernels[piece], partial_biases[piece]
        for n in range(piece * N // pieces, (piece + 1) * N // pieces):
            for first in range(0, OH, tile_rows):
                rows = min(tile_rows, OH - first)
                patches = columns[: rows * OW]
                im2col(inputs[n], first, geometry, OW, patches)
                grad_tile = grad_outputs[n, first : first + rows].reshape(rows * OW, F)
                np.dot(patches.T, grad_tile, product)
                add_product(product, grad_kernel)
                add_rows(grad_tile, grad_bias)


@compiled
def add_product(product, total):
    """Add a matrix to ``total`` in place."""
    for i in range(product.shape[0]):
        for f in range(product.shape[1]):
            total[i, f] += product[i, f]


@compiled
def add_rows(rows, total):
    """Add all rows of a matrix to ``total`` (F,) in place."""
    tile_total = np.zeros_like(total)
    for r in range(rows.shape[0]):
        for f in range(rows.shape[1]):
            tile_total[f] += rows[r, f]
    for f in range(total.size):
        total[f] += tile_total[f]


@compiled_parallel_products
def grad_inputs_tiles(turns, grad_outputs, kernel, geometry, grad_images):
    """Write ``∂columns = ∂outputs @ kernelᵀ``, added back into the images (col2im).

    Windows overlap, so the tiles of one image are added one after the other, by one thread.
    """
    N, OH, OW, F = grad_outputs.shape
    matrix = kernel.reshape(-1, F)
    patch_size = matrix.shape[0]
    tile_rows = rows_per_tile(OH, OW, patch_size, kernel.itemsize)
    for n in shared(turns, N):
        columns = np.empty((tile_rows * OW, patch_size), kernel.dtype)
        grad_image = grad_images[n]
        grad_image[:] = 0
        for first in range(0, OH, tile_rows):
            rows = min(tile_rows, OH - first)
            grad_tile = grad_outputs[n, first : first + rows].reshape(rows * OW, F)
            patches = columns[: rows * OW]
            np.dot(grad_tile, matrix.T, patches)
            col2im(patches, first, geometry, OW, grad_image)
