"""Winograd's convolution along the rows, for few channels and five columns: two fifths of the products.

A row of outputs is cut into tiles of M = 4 pixels, which depend on SIZE = 8 pixels of each row of their
windows. After the transforms of ``kernels/row_transforms.py`` each of the SIZE points is a sum over the rows
of the kernel and the channels, done for all tiles by the registers of ``kernels/tile.py``::

    products[p, tile, f] = Σ_kh Σ_c V[p, row of the tile + kh, c, tile] · U[p, kh, c, f]
    outputs of a tile    = Aᵀ·products

    ∂U[p, kh, c, f] = Σ_tile V[p, row of the tile + kh, c, tile] · Y[p, tile, f]    Y = A·(∂outputs of a tile)

An image is cut into bands of rows; ``kernels/row_bands.py`` computes one of them.

What it costs is a larger error, relative to the largest numbers in a tile: three to six times that of the
direct sum. A NaN or an overflow would reach its whole tile; so an image whose outputs are not all finite is
computed again by ``conv2d_direct``, and so is such a gradient.

Shapes: inputs (N, H, W, C), kernel (KH, 5, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry`` is
(KH, KW, SH, SW, DH, DW, top, left), where strides and dilation are 1.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.blas import product
from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.row_bands import add_band, convolve_band
from cnn_scratch.kernels.row_points import Band, tiles_of_band
from cnn_scratch.kernels.row_transforms import SIZE, TAPS, kernel_matrix
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, packed_blocks, tile_width
from cnn_scratch.kernels.vector import lanes_of

# An image is cut into bands of rows with about this many output pixels.
BAND_PIXELS = 1024
# The batch is cut into at most this many pieces for the kernel's gradient, each with sums of its own.
MOST_PIECES = 16


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    finite = np.ones(len(inputs), np.bool_)
    floor = bias.dtype.type(0 if relu else -np.inf)
    with np.errstate(all="ignore"):  # compiled or not, what is not finite passes without a warning
        forward_bands(inputs, (*transformed(kernel, bias), floor), geometry, outputs, finite)
    for n in np.flatnonzero(~finite):
        conv2d_direct.forward(inputs[n : n + 1], kernel, bias, geometry, relu, outputs[n : n + 1])


def transformed(kernel, bias) -> tuple[np.ndarray, np.ndarray]:
    """Return U = G·(each row), (⌈F / WIDTH⌉, SIZE, KH·C, WIDTH), and the bias with zeros at the end."""
    KH, _, C, F = kernel.shape
    U = product(kernel_matrix(kernel.dtype), kernel.transpose(1, 0, 2, 3).reshape(TAPS, -1))
    blocks = packed_blocks(U.reshape(-1, F))
    blocks = blocks.reshape(len(blocks), SIZE, KH * C, -1)
    biases = np.zeros(len(blocks) * blocks.shape[-1], bias.dtype)
    biases[:F] = bias
    return blocks, biases


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs: a convolution of ∂loss/∂outputs with the turned kernel."""
    no_bias = np.zeros(kernel.shape[2], kernel.dtype)
    turned, geometry = conv2d_direct.turned(kernel), conv2d_direct.turned_geometry(geometry)
    forward(grad_outputs, turned, no_bias, geometry, False, grad_images)


def grad_parameters(inputs, grad_outputs, geometry, relu_outputs=None) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·5·C, F), and ∂loss/∂bias (F,).

    Given the outputs of a ReLU, ``grad_outputs`` counts only where they are positive.
    """
    relu, F = relu_outputs is not None, grad_outputs.shape[-1]
    sums = empty_sums(inputs, geometry, F)
    outputs = relu_outputs if relu else grad_outputs
    with np.errstate(all="ignore"):
        gradient_bands(inputs, outputs, relu, grad_outputs, geometry, sums)
    gradients = added_up(sums, geometry, inputs.shape[-1], F)
    return gradients or conv2d_direct.grad_parameters(inputs, grad_outputs, geometry, relu_outputs)


def empty_sums(inputs, geometry, F) -> tuple[np.ndarray, np.ndarray]:
    """Return zeros for ∂U and ∂bias of each piece of the batch, filled up to whole tiles of registers."""
    (N, _, _, C), KH, width = inputs.shape, geometry[0], 2 * lanes_of(inputs.itemsize)
    pieces, rows, filters = min(N, MOST_PIECES), -(-KH * C // ROWS) * ROWS, -(-F // width) * width
    return np.zeros((pieces, SIZE, rows, filters), inputs.dtype), np.zeros((pieces, filters), inputs.dtype)


def added_up(sums, geometry, C, F) -> tuple[np.ndarray, np.ndarray] | None:
    """Return ∂kernel = Gᵀ·∂U as a matrix, and ∂bias; ``None`` if not all is finite."""
    (of_kernel, of_bias), KH = sums, geometry[0]
    with np.errstate(all="ignore"):
        of_points = of_kernel.sum(axis=0)[:, : KH * C, :F].reshape(SIZE, -1)
        of_taps = product(kernel_matrix(of_kernel.dtype).T, of_points).reshape(TAPS, KH, C, F)
        grad_kernel = np.ascontiguousarray(of_taps.transpose(1, 0, 2, 3))
        grad_bias = of_bias.sum(axis=0)[:F]
    if np.isfinite(grad_kernel).all() and np.isfinite(grad_bias).all():
        return grad_kernel.reshape(-1, F), grad_bias
    return None


@compiled_parallel_products
def forward_bands(turns, inputs, kernel, geometry, outputs, finite):
    """Write the outputs band by band, and which images are not finite.

    Args:
        kernel: U and biases, see ``transformed``, and the floor: 0 for ReLU, −∞ for none.
        finite: (N,), true; becomes false for an image with an infinity or NaN before the floor.
    """
    N, OH, OW, F = outputs.shape
    most_rows = max(1, min(OH, BAND_PIXELS // OW))
    tiles = tiles_of_band(geometry, inputs.shape[3], most_rows, OW, F, tile_width(inputs.itemsize))
    bands = (OH + most_rows - 1) // most_rows
    for piece in shared(turns, N * bands):
        n, first = piece // bands, piece % bands * most_rows
        band = Band(inputs[n], first, min(most_rows, OH - first))
        target = outputs[n, first : first + band.rows].reshape(-1)
        if not convolve_band(band, kernel, tiles, target, None):
            finite[n] = False


@compiled_parallel_products
def gradient_bands(turns, inputs, outputs, relu, grad_outputs, geometry, sums):
    """Add the gradients of each piece of the batch into its part of the sums.

    Args:
        outputs: those of the ReLU if ``relu``; else they are not read.
        sums: see ``empty_sums``.
    """
    of_kernel, of_bias = sums
    N, OH, OW, F = grad_outputs.shape
    pieces = len(of_kernel)
    most_rows = max(1, min(OH, BAND_PIXELS // OW))
    tiles = tiles_of_band(geometry, inputs.shape[3], most_rows, OW, F, tile_width(inputs.itemsize))
    for piece in shared(turns, pieces):
        of_piece = of_kernel[piece], of_bias[piece]
        for n in range(piece * N // pieces, (piece + 1) * N // pieces):
            for first in range(0, OH, most_rows):
                band = Band(inputs[n], first, min(most_rows, OH - first))
                in_band = slice(first, first + band.rows)
                grads, of_relu = grad_outputs[n, in_band].reshape(-1), outputs[n, in_band].reshape(-1)
                add_band(band, of_relu, relu, grads, tiles, of_piece, None)
