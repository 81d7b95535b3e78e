"""Winograd's convolution for 3×3 and 5×5 kernels with stride 1: a third or a quarter of the multiplications.

The output is cut into tiles of m×m pixels (m = 4 for 3×3, 2 for 5×5); the window of a tile is 6×6
pixels. After the transforms of ``kernels/winograd.py`` each of the P = 36 positions of a tile
is a product over the channels, for all tiles at once::

    products[p, tile, f] = Σ_c  V[p, tile, c] · U[p, c, f]        V = Bᵀ·window·B,  U = G·kernel·Gᵀ
    outputs of a tile    = Aᵀ·products·A

A piece of the work takes so few tiles that V and the products of one block of filters stay in the
second-level cache. Backward is the same again: ∂loss/∂inputs is a convolution with the turned kernel, and

    ∂U[p, c, f] = Σ_tile V[p, tile, c] · Y[p, tile, f]            Y = A·(∂outputs of a tile)·Aᵀ
    ∂kernel     = Gᵀ·∂U·G

What it costs: the sums of the transforms round more. The largest error is about ten
times that of the direct sum, and an error is relative to the largest numbers in a tile, not to
each output. A NaN or an overflow would reach its whole tile; so an image whose outputs are not all
finite is computed again by ``conv2d_direct``, and so is such a gradient of a kernel.

Shapes: inputs (N, H, W, C), kernel (3, 3, C, F) or (5, 5, C, F), bias (F,), outputs (N, OH, OW, F);
``geometry`` is (KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_direct``. The channels of V and the
filters of U are filled up to whole vectors and tiles.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, add_tile, packed_blocks, tile_width, write_tile
from cnn_scratch.kernels.vector import aligned, at_least, has_nan, lanes_of, load, store
from cnn_scratch.kernels.winograd import (
    SIZE,
    collect,
    kernel_matrix,
    spread,
    transform_both,
    transform_window,
)

# The positions of a tile after the transforms.
P = SIZE * SIZE
# V and the products of a piece shall take about this many numbers, half of a second-level cache.
PIECE_NUMBERS = 2**17
# The filters are cut into groups of this many for the kernel's gradient.
GROUP_FILTERS = 64
# The partial sums of the kernel's gradient may take this many numbers together, in at most 16 pieces.
PARTIAL_NUMBERS, MOST_PIECES = 2**21, 16
# Numbers between two positions' parts of an array, so that they do not crowd one set of the cache.
GAP = 16


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    m = SIZE + 1 - geometry[0]
    floor = bias.dtype.type(0 if relu else -np.inf)
    finite = np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):  # compiled or not, what is not finite passes without a warning
        U = transformed(kernel)
        forward_pieces(inputs, U, bias, floor, m, geometry[6], geometry[7], outputs, finite)
    for n in np.flatnonzero(~finite):
        conv2d_direct.forward(inputs[n : n + 1], kernel, bias, geometry, relu, outputs[n : n + 1])


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs: a convolution of ∂loss/∂outputs with the turned kernel."""
    no_bias = np.zeros(kernel.shape[2], kernel.dtype)
    forward(
        grad_outputs,
        conv2d_direct.turned(kernel),
        no_bias,
        conv2d_direct.turned_geometry(geometry),
        False,
        grad_images,
    )


def grad_parameters(inputs, grad_outputs, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,)."""
    N, OH, OW, F = grad_outputs.shape
    C, taps = inputs.shape[-1], geometry[0]
    m, lanes = SIZE + 1 - taps, lanes_of(inputs.itemsize)
    # Each piece of the tiles has partial sums of its own for each group of filters.
    rows, group = -(-C // ROWS) * ROWS, min(GROUP_FILTERS, -(-F // lanes) * lanes)
    groups, tiles = -(-F // group), N * -(-OH // m) * -(-OW // m)
    pieces = min(max(1, PARTIAL_NUMBERS // (P * rows * groups * group)), MOST_PIECES)
    pieces = max(1, min(pieces, tiles // (2 * ROWS)))
    sums = np.zeros((pieces, groups, P, rows, group), inputs.dtype)
    biases = np.zeros((pieces, groups, group), inputs.dtype)
    with np.errstate(all="ignore"):
        grad_parameters_pieces(inputs, grad_outputs, m, geometry[6], geometry[7], sums, biases)

    total = sums[0] if pieces == 1 else sums.sum(axis=0)
    squares = total.reshape(groups, SIZE, SIZE, rows * group)
    squares = transform_both(kernel_matrix(taps, inputs.dtype).T, squares)
    squares = squares.reshape(groups, taps, taps, rows, group)[:, :, :, :C]
    grad_kernel = squares.transpose(1, 2, 3, 0, 4).reshape(taps * taps * C, groups * group)[:, :F]
    if not np.isfinite(grad_kernel).all():
        return conv2d_direct.grad_parameters(inputs, grad_outputs, geometry)
    return grad_kernel, biases.sum(axis=0).reshape(-1)[:F]


# Pieces of images ---------------------------------------------------------------------------------


@compiled
def rounded_up(number, step):
    """Return the smallest multiple of ``step`` that is not below ``number``."""
    return (number + step - 1) // step * step


@compiled
def place_of_tile(tile, m, OH, OW):
    """Return the image of a tile, and the row and column of its first output pixel."""
    across, down = (OW + m - 1) // m, (OH + m - 1) // m
    return tile // (across * down), tile // across % down * m, tile % across * m


@compiled
def square_of_image(images, n, y, x, first, size, channels, square):
    """Return where size×size pixels of an image lie: (array, start, step of a row, step of a pixel).

    ``channels`` numbers of each pixel are wanted, from the one numbered ``first`` on; those beyond the
    last channel may be anything. Inside an image they are read in place; what reaches beyond is
    copied to ``square``, with zeros around.
    """
    _, H, W, C = images.shape
    start = ((n * H + y) * W + x) * C + first
    end = start + ((size - 1) * W + size - 1) * C + channels
    if y >= 0 and x >= 0 and y + size <= H and x + size <= W and end <= images.size:
        return images.reshape(-1), start, W * C, C
    square[: size * size * channels] = 0
    there = min(channels, C - first)
    for i in range(max(0, -y), min(size, H - y)):
        for j in range(max(0, -x), min(size, W - x)):
            source, target = images[n, y + i, x + j, first:], square[(i * size + j) * channels :]
            for c in range(there):
                target[c] = source[c]
    return square, 0, size * channels, channels


# Forward ------------------------------------------------------------------------------------------


def transformed(kernel) -> np.ndarray:
    """Return U = G·kernel·Gᵀ, (⌈F / WIDTH⌉, P, C, WIDTH)."""
    taps, _, C, F = kernel.shape
    blocks = packed_blocks(kernel.reshape(-1, F))  # (⌈F / WIDTH⌉, taps·taps·C, WIDTH)
    count, _, width = blocks.shape
    U = aligned(count * P * C * width, kernel.dtype).reshape(count, SIZE, SIZE, C * width)
    transform_both(kernel_matrix(taps, kernel.dtype), blocks.reshape(count, taps, taps, C * width), out=U)
    return U.reshape(count, P, C, width)


@compiled_parallel_products
def forward_pieces(turns, inputs, U, bias, floor, m, top, left, outputs, finite):
    """Write the outputs, a piece of the tiles at a time, and which images are not finite.

    Args:
        floor: 0 for ReLU, −∞ for none.
        finite: (N,), true; becomes false for an image with an infinity or NaN before the floor.
    """
    N, OH, OW, F = outputs.shape
    width = tile_width(inputs.itemsize)
    lanes, C = width // 2, inputs.shape[3]
    channels, blocks = rounded_up(C, lanes), U.shape[0]
    biases = np.zeros(blocks * width, inputs.dtype)
    for f in range(F):
        biases[f] = bias[f]
    tiles = N * ((OH + m - 1) // m) * ((OW + m - 1) // m)
    piece_tiles = PIECE_NUMBERS // (P * (channels + width)) // ROWS * ROWS
    piece_tiles = min(max(2 * ROWS, piece_tiles), rounded_up(tiles, ROWS))
    starts, places = np.empty(piece_tiles, np.int64), np.empty(piece_tiles, np.int64)
    for t in range(piece_tiles):
        starts[t], places[t] = t * channels, t * width
    no_steps = np.zeros(1, np.int64)
    no_bias, lowest = np.zeros(width, inputs.dtype), inputs.dtype.type(-np.inf)
    v_plane, p_plane = piece_tiles * channels + GAP, piece_tiles * width + GAP
    for piece in shared(turns, (tiles + piece_tiles - 1) // piece_tiles):
        first = piece * piece_tiles
        count = min(piece_tiles, tiles - first)
        V = aligned(P * v_plane, inputs.dtype)
        products = aligned(P * p_plane, inputs.dtype)
        square = aligned(P * max(channels, width), inputs.dtype)
        half_way = aligned(P * lanes, inputs.dtype)
        for t in range(count):
            n, oh, ow = place_of_tile(first + t, m, OH, OW)
            where = square_of_image(inputs, n, oh - top, ow - left, 0, SIZE, channels, square)
            transform_window(where, channels, half_way, V, t * channels, v_plane)
        for block in range(blocks):
            columns = rounded_up(min(width, F - block * width), lanes)
            for p in range(P):
                right = (U[block, p].reshape(-1), 0, 0, width)
                for t in range(0, count, ROWS):
                    a = (V, starts, t, p * v_plane)
                    target = (products[p * p_plane :], places, t, columns)
                    write_tile(a, (no_steps, C, 1), right, target, (no_bias, 0), lowest)
            for t in range(count):
                n, oh, ow = place_of_tile(first + t, m, OH, OW)
                filter = block * width
                collect(m, products, t * width, p_plane, columns, half_way, square)
                if not store_square(m, square, biases, floor, outputs, n, oh, ow, filter):
                    finite[n] = False


@compiled
def store_square(m, square, biases, floor, outputs, n, oh, ow, filter):
    """Write the outputs of a tile with bias and floor; return whether all were finite before."""
    _, OH, OW, F = outputs.shape
    width = tile_width(outputs.itemsize)
    lanes = width // 2
    images = outputs[n].reshape(-1)
    check = 0 * load(biases, filter)
    for first in range(filter, min(filter + width, F), lanes):
        bias = load(biases, first)
        for i in range(min(m, OH - oh)):
            for j in range(min(m, OW - ow)):
                start, to = (i * m + j) * width + first - filter, ((oh + i) * OW + ow + j) * F + first
                linear = load(square, start) + bias
                check = check + 0 * linear  # 0·x is NaN if x is infinite or NaN
                if first + lanes <= F:
                    store(images, to, at_least(linear, floor))
                else:
                    store(square, start, at_least(linear, floor))
                    for f in range(F - first):
                        images[to + f] = square[start + f]
    return not has_nan(check)


# The kernel's gradient ----------------------------------------------------------------------------


@compiled_parallel_products
def grad_parameters_pieces(turns, inputs, grad_outputs, m, top, left, sums, biases):
    """Add ∂U and ∂bias of each piece of the tiles into its part of the partial sums.

    Args:
        sums: (pieces, groups, P, channels rounded up to ROWS, filters of a group), zeros.
        biases: (pieces, groups, filters of a group), zeros.
    """
    N, OH, OW, _ = grad_outputs.shape
    C = inputs.shape[3]
    width = tile_width(inputs.itemsize)
    lanes = width // 2
    channels = rounded_up(C, lanes)
    pieces, groups, _, sum_rows, group = sums.shape
    tiles = N * ((OH + m - 1) // m) * ((OW + m - 1) // m)
    chunk = PIECE_NUMBERS // (P * (channels + group)) // ROWS * ROWS
    chunk = max(8 * ROWS, chunk)

    # The last tile of channels may stand for some that do not exist: these rows are never read.
    starts, places = np.empty(sum_rows, np.int64), np.empty(sum_rows, np.int64)
    for c in range(sum_rows):
        starts[c], places[c] = min(c, C - 1), c * group
    no_steps = np.zeros(1, np.int64)
    v_plane, y_plane = chunk * channels + GAP, chunk * group + GAP
    for item in shared(turns, pieces * groups):
        piece, of_group = item // groups, item % groups
        total, total_bias = sums[piece, of_group].reshape(-1), biases[piece, of_group]
        V = aligned(P * v_plane, inputs.dtype)
        Y = aligned(P * y_plane, inputs.dtype)
        square = aligned(P * max(channels, group), inputs.dtype)
        half_way = aligned(P * lanes, inputs.dtype)
        end = (piece + 1) * tiles // pieces
        for first in range(piece * tiles // pieces, end, chunk):
            count = min(chunk, end - first)
            for t in range(count):
                n, oh, ow = place_of_tile(first + t, m, OH, OW)
                where = square_of_image(inputs, n, oh - top, ow - left, 0, SIZE, channels, square)
                transform_window(where, channels, half_way, V, t * channels, v_plane)
                where = square_of_image(grad_outputs, n, oh, ow, of_group * group, m, group, square)
                spread(m, where, group, half_way, Y, t * group, y_plane)
            # At the point 1 a polynomial is the sum of its coefficients: here, of a tile's gradients.
            ones = (SIZE + 1) * y_plane
            for t in range(count):
                for f in range(group):
                    total_bias[f] += Y[ones + t * group + f]
            for p in range(P):
                for c in range(0, sum_rows, ROWS):
                    for f in range(0, group, width):
                        a, terms = (V, starts, c, p * v_plane), (no_steps, count, channels)
                        target = (total[p * sum_rows * group + f :], places, c, min(width, group - f))
                        add_tile(a, terms, (Y, p * y_plane + f, 0, group), target)
