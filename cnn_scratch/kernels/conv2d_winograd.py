"""Winograd's convolution for 3×3 and 5×5 kernels with stride 1: a third or a quarter of the multiplications.

The output is cut into tiles of m×m pixels (m = 4 for 3×3, 2 for 5×5); the window of a tile is 6×6
pixels. After the transforms of ``kernels/winograd.py`` each of the P = 36 positions of a tile
is a product over the channels, for all tiles at once::

    products[p, tile, f] = Σ_c  V[p, tile, c] · U[p, c, f]        V = Bᵀ·window·B,  U = G·kernel·Gᵀ
    outputs of a tile    = Aᵀ·products·A

A piece of the work takes so few tiles that V and the products of one block of filters stay in the
second-level cache. Backward, with Y = A·(∂outputs of a tile)·Aᵀ::

    ∂U[p, c, f]          = Σ_tile V[p, tile, c] · Y[p, tile, f]         ∂kernel = Gᵀ·∂U·G
    products[p, tile, c] = Σ_f    Y[p, tile, f] · U[p, c, f]            ∂window = B·products·Bᵀ

``gradients`` computes both at once, and adds ∂window to the image for every tile. Where the sums ∂U are
large or the images few, ∂kernel is computed alone, and ∂inputs as a convolution with the turned kernel.

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
from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, add_tile, packed_blocks, write_tile
from cnn_scratch.kernels.vector import aligned, lanes_of
from cnn_scratch.kernels.winograd import (
    SIZE,
    collect,
    collect_window,
    kernel_matrix,
    spread,
    transform_both,
    transform_window,
)
from cnn_scratch.kernels.winograd_tiles import (
    add_pixels,
    add_window,
    copy_grads,
    place_of_tile,
    store_tile,
    window_of_image,
)

# The positions of a tile after the transforms.
P = SIZE * SIZE
# V and the products of a piece shall take about this many numbers, half of a second-level cache.
PIECE_NUMBERS = 2**17
# The filters are cut into groups of this many for the kernel's gradient.
GROUP_FILTERS = 64
# The partial sums of the kernel's gradient may take this many numbers together, in at most 8 pieces.
PARTIAL_NUMBERS, MOST_PIECES = 2**21, 8
# Both gradients are computed at once for so many images, if a partial sum has no more than so many numbers.
FEWEST_IMAGES, MOST_NUMBERS = 4, 2**19
# Numbers between two positions' parts of an array, so that they do not crowd one set of the cache.
GAP = 16


def forward(inputs, kernel, bias, geometry, relu, outputs) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to."""
    finite = np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):  # compiled or not, what is not finite passes without a warning
        U = transformed(kernel)
        width, channels = U.shape[-1], rounded_up(inputs.shape[-1], U.shape[-1] // 2)
        biases = np.zeros(len(U) * width, bias.dtype)
        biases[: bias.size] = bias
        floor = bias.dtype.type(0 if relu else -np.inf)
        edge, tiles = tiles_of(outputs, geometry)
        # A multiple of four pieces: they can be shared fairly between two or four threads.
        pieces = rounded_up(max(1, tiles * P * (channels + width) // PIECE_NUMBERS), 4)
        rows = np.arange(max(2 * ROWS, rounded_up(-(-tiles // pieces), ROWS)))
        places = (rows * channels, rows * width)
        forward_pieces(inputs, U, biases, floor, edge, geometry, places, nothing(inputs), outputs, finite)
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


def gives_all_gradients(N, C, F) -> bool:
    """Return whether ``gradients`` is done sooner than the two functions beside it."""
    return N >= FEWEST_IMAGES and P * C * F <= MOST_NUMBERS


def gradients(inputs, grad_outputs, kernel, geometry, grad_images, relu_outputs=None):
    """Write ∂loss/∂inputs to ``grad_images``; return the other gradients as ``grad_parameters`` does."""
    finite = np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):
        U = transformed(kernel.transpose(0, 1, 3, 2))
    results = gradients_of_parts(inputs, grad_outputs, relu_outputs, geometry, U, grad_images, finite)
    for n in np.flatnonzero(~finite):
        grads = grad_outputs[n : n + 1]
        if relu_outputs is not None:
            grads = np.where(relu_outputs[n : n + 1] > 0, grads, 0)
        conv2d_direct.grad_inputs(grads, kernel, geometry, grad_images[n : n + 1])
    return results


def grad_parameters(inputs, grad_outputs, geometry, relu_outputs=None) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,).

    Given the outputs of a ReLU, ``grad_outputs`` counts only where they are positive.
    """
    width = 2 * lanes_of(inputs.itemsize)
    U, no_images = np.empty((0, P, 0, width), inputs.dtype), np.empty((0, 0, 0, 0), inputs.dtype)
    finite = np.empty(0, np.bool_)
    return gradients_of_parts(inputs, grad_outputs, relu_outputs, geometry, U, no_images, finite)


def gradients_of_parts(inputs, grad_outputs, relu_outputs, geometry, U, grad_images, finite):
    """Cut the work into pieces and add their sums up. Without ∂loss/∂inputs the last three have no images.

    Args:
        U: of the transposed kernel, (⌈C / WIDTH⌉, P, F, WIDTH).
        finite: (N,), true; becomes false for an image of whose ∂loss/∂inputs a number is not finite.
    """
    (N, _, _, F), C, taps = grad_outputs.shape, inputs.shape[-1], geometry[0]
    width, both = U.shape[-1], len(U) > 0
    edge, tiles = tiles_of(grad_outputs, geometry)
    rows, filters = rounded_up(C, ROWS), rounded_up(F, width // 2)
    group = filters if both else min(GROUP_FILTERS, filters)
    groups = -(-F // group)
    # Each piece of the tiles has partial sums of its own for each group of filters.
    pieces = min(max(1, PARTIAL_NUMBERS // (P * rows * groups * group)), MOST_PIECES)
    # A pixel of the inputs belongs to several windows: pieces of whole images do not meet.
    parts = N if both else tiles // (2 * ROWS)
    pieces = max(1, min(pieces, parts))
    cuts = np.arange(pieces + 1) * (N if both else tiles) // pieces * (tiles // N if both else 1)

    # Of the tiles of a piece, V and Y are computed for so many at a time, in equal chunks.
    most = max(1, np.diff(cuts).max())
    numbers = P * (rounded_up(C, width // 2) + group + (width if both else 0))
    chunk = max(4 * ROWS, (3 * PIECE_NUMBERS // 2 if both else PIECE_NUMBERS) // numbers)
    chunk = rounded_up(-(-most // -(-most // chunk)), ROWS)
    places = (np.arange(chunk) * group, np.arange(chunk) * width)
    # The last tile of channels may stand for some that do not exist: these rows are never read.
    places_of_sums = (np.minimum(np.arange(rows), C - 1), np.arange(rows) * group)

    sums = np.empty((pieces, groups, P, rows, group), inputs.dtype)
    biases = np.empty((pieces, groups, group), inputs.dtype)
    relu = relu_outputs is not None
    outputs = relu_outputs if relu else grad_outputs
    with np.errstate(all="ignore"):
        gradient_pieces(
            inputs, grad_outputs, outputs, relu, U, edge, geometry, cuts, places, places_of_sums,
            nothing(inputs), sums, biases, grad_images, finite,
        )  # fmt: skip
        total = sums[0] if pieces == 1 else sums.sum(axis=0)
    squares = total.reshape(groups, SIZE, SIZE, rows * group)
    squares = transform_both(kernel_matrix(taps, inputs.dtype).T, squares)
    squares = squares.reshape(groups, taps, taps, rows, group)[:, :, :, :C]
    grad_kernel = squares.transpose(1, 2, 3, 0, 4).reshape(taps * taps * C, groups * group)[:, :F]
    if not np.isfinite(grad_kernel).all():
        return conv2d_direct.grad_parameters(inputs, grad_outputs, geometry, relu_outputs)
    return grad_kernel, biases.sum(axis=0).reshape(-1)[:F]


def transformed(kernel) -> np.ndarray:
    """Return U = G·kernel·Gᵀ, (⌈F / WIDTH⌉, P, C, WIDTH)."""
    taps, _, C, F = kernel.shape
    blocks = packed_blocks(kernel.reshape(-1, F))  # (⌈F / WIDTH⌉, taps·taps·C, WIDTH)
    count, _, width = blocks.shape
    U = aligned_empty((count, SIZE, SIZE, C * width), kernel.dtype)
    transform_both(kernel_matrix(taps, kernel.dtype), blocks.reshape(count, taps, taps, C * width), out=U)
    return U.reshape(count, P, C, width)


def tiles_of(outputs, geometry):
    """Return a tuple of m numbers, and how many tiles there are.

    The length of a tuple is part of its type, so a kernel is compiled for one m, and its transforms are too.
    """
    (N, OH, OW, _), m = outputs.shape, SIZE + 1 - geometry[0]
    return (0,) * m, N * -(-OH // m) * -(-OW // m)


def rounded_up(number, step):
    """Return the smallest multiple of ``step`` that is not below ``number``."""
    return -(-number // step) * step


def nothing(inputs):
    """Return what ``write_tile`` wants for a product of two matrices: no steps, no bias and no floor."""
    dtype = inputs.dtype
    return np.zeros(1, np.int64), np.zeros(2 * lanes_of(dtype.itemsize), dtype), dtype.type(-np.inf)


# The kernels --------------------------------------------------------------------------------------


@compiled_parallel_products
def forward_pieces(turns, inputs, U, biases, floor, edge, geometry, places, nothing, outputs, finite):
    """Write the outputs, a piece of the tiles at a time, and which images are not finite.

    Args:
        biases: filled up with zeros to whole blocks.
        floor: 0 for ReLU, −∞ for none.
        edge: a tuple of m numbers, see ``tiles_of``.
        places: where the row of each tile of a piece begins, in V and in the products.
        finite: (N,), true; becomes false for an image with an infinity or NaN before the floor.
    """
    N, OH, OW, F = outputs.shape
    blocks, _, C, width = U.shape
    KH, KW, _, _, _, _, top, left = geometry
    m, size = SIZE + 1 - KH, SIZE - KH + KW  # size is SIZE, but the compiler shall not know: see ``winograd``
    lanes, tiles_of_piece = width // 2, places[0].size
    channels = (C + lanes - 1) // lanes * lanes
    tiles = N * ((OH + m - 1) // m) * ((OW + m - 1) // m)
    v_plane, p_plane = tiles_of_piece * channels + GAP, tiles_of_piece * width + GAP
    no_steps, no_bias, lowest = nothing
    for piece in shared(turns, (tiles + tiles_of_piece - 1) // tiles_of_piece):
        first = piece * tiles_of_piece
        count = min(tiles_of_piece, tiles - first)
        V = aligned(P * v_plane, inputs.dtype)
        products = aligned(P * p_plane, inputs.dtype)
        square = aligned(P * max(channels, width), inputs.dtype)
        half_way = aligned(P * lanes, inputs.dtype)
        for t in range(count):
            n, oh, ow = place_of_tile(first + t, m, OH, OW)
            where = window_of_image(size, inputs, n, oh - top, ow - left, channels, square)
            transform_window(size, where, channels, half_way, V, t * channels, v_plane)
        for block in range(blocks):
            columns = min(width, (F - block * width + lanes - 1) // lanes * lanes)
            for p in range(P):
                right = (U[block, p].reshape(-1), 0, 0, width)
                for t in range(0, count, ROWS):
                    a = (V, places[0], t, p * v_plane)
                    target = (products[p * p_plane :], places[1], t, columns)
                    write_tile(a, (no_steps, C, 1), right, target, (no_bias, 0), lowest)
            for t in range(count):
                n, oh, ow = place_of_tile(first + t, m, OH, OW)
                collect(edge, m, size, products, t * width, p_plane, columns, half_way, square)
                if not store_tile(m, square, biases, floor, outputs, n, oh, ow, block * width):
                    finite[n] = False


@compiled_parallel_products
def gradient_pieces(
    turns, inputs, grad_outputs, outputs, relu, U, edge, geometry, cuts, places, places_of_sums, nothing,
    sums, biases, grad_images, finite,
):  # fmt: skip
    """Write ∂U and ∂bias of each piece of the tiles, and ∂loss/∂inputs if ``U`` holds a kernel.

    Args:
        outputs: those of the ReLU if ``relu``; else they are not read.
        cuts: where the pieces begin, and the number of tiles.
        places: where the row of each tile of a chunk begins, in Y and in the products.
        places_of_sums: where the row of each channel begins, in V and in the sums.
        sums: (pieces, groups, P, channels rounded up to ROWS, filters of a group).
        biases: (pieces, groups, filters of a group).
    """
    _, OH, OW, F = grad_outputs.shape
    C = inputs.shape[3]
    blocks, _, _, width = U.shape
    KH, KW, _, _, _, _, top, left = geometry
    m, size = SIZE + 1 - KH, SIZE - KH + KW
    lanes, chunk = width // 2, places[0].size
    channels = (C + lanes - 1) // lanes * lanes
    pieces, groups, _, rows, group = sums.shape
    v_plane, y_plane, w_plane = chunk * channels + GAP, chunk * group + GAP, chunk * width + GAP
    no_steps, no_bias, lowest = nothing
    for item in shared(turns, pieces * groups):
        piece, of_group = item // groups, item % groups
        total, total_bias = sums[piece, of_group].reshape(-1), biases[piece, of_group]
        total[:] = 0
        total_bias[:] = 0
        V = aligned(P * v_plane, inputs.dtype)
        Y = aligned(P * y_plane, inputs.dtype)
        products = aligned(P * w_plane if blocks else 0, inputs.dtype)
        square = aligned(P * max(channels, group, width), inputs.dtype)
        half_way = aligned(P * lanes, inputs.dtype)
        end = cuts[piece + 1]
        if blocks:
            of_image = ((OH + m - 1) // m) * ((OW + m - 1) // m)
            grad_images[cuts[piece] // of_image : end // of_image] = 0
        for first in range(cuts[piece], end, chunk):
            count = min(chunk, end - first)
            for t in range(count):
                n, oh, ow = place_of_tile(first + t, m, OH, OW)
                where = window_of_image(size, inputs, n, oh - top, ow - left, channels, square)
                transform_window(size, where, channels, half_way, V, t * channels, v_plane)
                copy_grads(grad_outputs, outputs, relu, n, oh, ow, m, of_group * group, group, square)
                add_pixels(m * m, square, group, total_bias)
                spread(edge, m, size, square, group, half_way, Y, t * group, y_plane)
            for p in range(P):
                for c in range(0, rows, ROWS):
                    for f in range(0, group, width):
                        a, terms = (V, places_of_sums[0], c, p * v_plane), (no_steps, count, channels)
                        row = (p * rows) * group + f
                        target = (total[row:], places_of_sums[1], c, min(width, group - f))
                        add_tile(a, terms, (Y, p * y_plane + f, 0, group), target)
            for block in range(blocks):
                for p in range(P):
                    right = (U[block, p].reshape(-1), 0, 0, width)
                    for t in range(0, count, ROWS):
                        a, target = (Y, places[0], t, p * y_plane), (products[p * w_plane :], places[1], t)
                        write_tile(a, (no_steps, F, 1), right, target, (no_bias, 0), lowest)
                for t in range(count):
                    n, oh, ow = place_of_tile(first + t, m, OH, OW)
                    collect_window(size, products, t * width, w_plane, half_way, square)
                    y, x = oh - top, ow - left
                    if not add_window(size, square, grad_images, n, y, x, block * width):
                        finite[n] = False
