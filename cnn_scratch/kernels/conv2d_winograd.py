"""Winograd's convolution for 3×3 and 5×5 kernels with stride 1: a third or a quarter of the multiplications.

The outputs are cut into tiles of m×m pixels (m = 4 for 3×3, 2 for 5×5); the window of a tile is 6×6
pixels. After the transforms of ``kernels/winograd.py`` each of the P = 36 positions of a tile
is a product over the channels, for all tiles at once::

    products[p, tile, f] = Σ_c  V[p, tile, c] · U[p, c, f]        V = Bᵀ·window·B,  U = G·kernel·Gᵀ
    outputs of a tile    = Aᵀ·products·A

A piece of the work takes so few tiles that V and the products of one block of filters stay in the
second-level cache. ``kernels/winograd_tiles.py`` reads and writes the images, and
``kernels/winograd_squares.py`` has the transforms and the products.

Backward, with Y = A·(∂outputs of a tile)·Aᵀ::

    ∂U[p, c, f]          = Σ_tile V[p, tile, c] · Y[p, tile, f]         ∂kernel = Gᵀ·∂U·G
    products[p, tile, c] = Σ_f    Y[p, tile, f] · U[p, c, f]            ∂window = B·products·Bᵀ

``gradients`` computes both at once, and adds ∂window to the image for every tile. Where the sums ∂U are
large or the images few, ∂kernel is computed alone, and ∂inputs as a convolution with the turned kernel.

What it costs: the sums of the transforms round more (``docs/decisions/0005-winograd.md`` has the
numbers), and an error is relative to the largest numbers in a tile, not to
each output. A NaN or an overflow would reach its whole tile; so an image whose outputs are not all
finite is computed again by ``conv2d_direct``, and so is such a gradient of a kernel.

A kernel may have zeros at places that are known beforehand. Then ``given`` says which numbers there are, and
what ``winograd.positions_of`` finds to be 0 is not multiplied.

Shapes: inputs (N, H, W, C), kernel (3, 3, C, F) or (5, 5, C, F), bias (F,), outputs (N, OH, OW, F), given
(3, 3, C or 1, F or 1) or ``None``; ``geometry`` is (KH, KW, SH, SW, DH, DW, top, left) of window, strides,
dilation and padding. The channels of V and the filters of U are filled up to whole vectors and tiles.
"""

import math

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, packed_blocks
from cnn_scratch.kernels.vector import lanes_of
from cnn_scratch.kernels.winograd import SIZE, P, kernel_matrix, transform_both, transform_kernel
from cnn_scratch.kernels.winograd_pieces import (
    PIECE_NUMBERS,
    cuts_of_gradient,
    needed_of,
    pieces_of_tiles,
    rounded_up,
    spans_of,
    spans_of_kinds,
)
from cnn_scratch.kernels.winograd_squares import (
    add_products,
    collect_tile,
    collect_window,
    empty_matrices,
    empty_room,
    multiply,
    spread_grads,
    spread_window,
)
from cnn_scratch.kernels.winograd_tiles import (
    add_pixels,
    add_window,
    copy_grads,
    place_of_tile,
    store_tile,
    tiling_of,
    window_of_image,
)

# The filters are cut into groups of this many for the kernel's gradient.
GROUP_FILTERS = 64
# A transformed kernel of so many numbers is computed by each thread for itself.
OWN_NUMBERS = 2**17
# Both gradients are computed at once for so many images, if a partial sum has no more than so many numbers.
FEWEST_IMAGES, MOST_NUMBERS = 4, 2**19


def forward(inputs, kernel, bias, geometry, relu, outputs, given=None) -> bool:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to.

    Return whether they were all finite at once, and none had to be computed again.
    """
    convolution = kernel, bias, geometry, relu
    finite = run(forward_pieces, inputs, convolution, outputs.shape[1:3], outputs, given)
    for n in np.flatnonzero(~finite):
        conv2d_direct.forward(inputs[n : n + 1], kernel, bias, geometry, relu, outputs[n : n + 1])
    return bool(finite.all())


def run(pieces_of, inputs, convolution, size, target, given=None) -> np.ndarray:
    """Write the outputs, or what is made of them; return of which images they are finite.

    Args:
        pieces_of: ``forward_pieces``, or a kernel like it.
        convolution: kernel, bias, geometry, and whether ReLU is applied.
        size: (OH, OW), of the convolution.
        target: what this kernel writes to.
    """
    (kernel, bias, geometry, relu), finite = convolution, np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):  # compiled or not, what is not finite passes without a warning
        factors, (blocks, _, C, width) = factors_of(kernel)
        spans = spans_of_kinds(spans_of(given, (blocks, P, C, width)))
        biases = np.zeros(blocks * width, bias.dtype)
        biases[: bias.size] = bias
        floor = bias.dtype.type(0 if relu else -np.inf)
        tiling = tiling_of(size, geometry)
        pieces = pieces_of_tiles(len(inputs), tiling, rounded_up(C, width // 2) + width)
        pieces_of(inputs, (factors, spans, biases, floor), tiling, pieces, target, finite)
    return finite


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs: a convolution of ∂loss/∂outputs with the turned kernel."""
    no_bias = np.zeros(kernel.shape[2], kernel.dtype)
    turned, geometry = conv2d_direct.turned(kernel), conv2d_direct.turned_geometry(geometry)
    forward(grad_outputs, turned, no_bias, geometry, False, grad_images)


def gives_all_gradients(N, C, F) -> bool:
    """Return whether ``gradients`` is done sooner than the two functions beside it."""
    return N >= FEWEST_IMAGES and P * C * F <= MOST_NUMBERS


def gradients(inputs, grad_outputs, kernel, geometry, grad_images, relu_outputs=None, given=None):
    """Write ∂loss/∂inputs to ``grad_images``; return the other gradients as ``grad_parameters`` does."""
    finite = np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):
        U = transformed(kernel.transpose(0, 1, 3, 2))
    spans = spans_of(None if given is None else given.transpose(0, 1, 3, 2), U.shape)
    of_inputs = (U, spans), grad_images, finite
    results = sums_of_pieces(inputs, grad_outputs, relu_outputs, geometry, of_inputs, given)
    for n in np.flatnonzero(~finite):
        grads = grad_outputs[n : n + 1]
        if relu_outputs is not None:
            grads = np.where(relu_outputs[n : n + 1] > 0, grads, 0)
        conv2d_direct.grad_inputs(grads, kernel, geometry, grad_images[n : n + 1])
    return results


def grad_parameters(
    inputs, grad_outputs, geometry, relu_outputs=None, given=None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,).

    Given the outputs of a ReLU, ``grad_outputs`` counts only where they are positive.
    """
    U = np.empty((0, P, 0, 2 * lanes_of(inputs.itemsize)), inputs.dtype)
    no_images = (U, spans_of(None, U.shape)), inputs[:0], np.empty(0, np.bool_)
    return sums_of_pieces(inputs, grad_outputs, relu_outputs, geometry, no_images, given)


def sums_of_pieces(inputs, grad_outputs, relu_outputs, geometry, of_inputs, given):
    """Return the gradients of kernel and bias, added up over the pieces of the work.

    Args:
        of_inputs: see ``gradient_pieces``.
    """
    (N, _, _, F), C, taps = grad_outputs.shape, inputs.shape[-1], geometry[0]
    both, lanes = len(of_inputs[2]) > 0, lanes_of(inputs.itemsize)
    tiling = tiling_of(grad_outputs.shape[1:3], geometry)
    rows, filters = rounded_up(C, ROWS), rounded_up(F, lanes)
    group = filters if both else min(GROUP_FILTERS, filters)
    groups = -(-F // group)
    cuts = cuts_of_gradient(N, tiling.down * tiling.across, both, P * rows * groups * group)
    # Of the tiles of a piece so many are taken at once, in equal chunks.
    most = max(1, np.diff(cuts).max())
    numbers = P * (rounded_up(C, lanes) + group + (2 * lanes if both else 0))
    chunk = max(4 * ROWS, (3 * PIECE_NUMBERS // 2 if both else PIECE_NUMBERS) // numbers)
    chunk = rounded_up(-(-most // -(-most // chunk)), ROWS)

    sums = aligned_empty((len(cuts) - 1, groups, P, rows, group), inputs.dtype)
    biases = np.empty((len(cuts) - 1, groups, group), inputs.dtype)
    gradient = grad_outputs, np.empty((0, 0, 0, 0), inputs.dtype) if relu_outputs is None else relu_outputs
    with np.errstate(all="ignore"):
        needed = np.ascontiguousarray(needed_of(given, groups, group, 2 * lanes))
        gradient_pieces(inputs, gradient, tiling, (cuts, chunk), (needed, sums, biases), of_inputs)
        total = sums[0] if len(sums) == 1 else sums.sum(axis=0)
    squares = total.reshape(groups, SIZE, SIZE, rows * group)
    squares = transform_both(kernel_matrix(taps, inputs.dtype).T, squares)
    squares = squares.reshape(groups, taps, taps, rows, group)[:, :, :, :C]
    grad_kernel = squares.transpose(1, 2, 3, 0, 4).reshape(taps * taps * C, groups * group)[:, :F]
    if not np.isfinite(grad_kernel).all():
        return conv2d_direct.grad_parameters(inputs, grad_outputs, geometry, relu_outputs)
    return grad_kernel, biases.sum(axis=0).reshape(-1)[:F]


def factors_of(kernel) -> tuple[tuple, tuple]:
    """Return G, the kernel in blocks, (⌈F / WIDTH⌉, taps·taps·C, WIDTH), and U; and the shape of U.

    Only one of the latter two is there. A small kernel is transformed by each thread for itself: it would
    wait longer for what another thread has just written.
    """
    taps, _, C, F = kernel.shape
    width, dtype = 2 * lanes_of(kernel.itemsize), kernel.dtype
    shape = -(-F // width), P, C, width
    if math.prod(shape) > OWN_NUMBERS:
        blocks, U = np.empty((0, taps * taps * C, width), dtype), transformed(kernel)
    else:
        blocks, U = packed_blocks(kernel.reshape(-1, F)), np.empty((0, *shape[1:]), dtype)
    return (kernel_matrix(taps, dtype), blocks, U), shape


def transformed(kernel) -> np.ndarray:
    """Return U = G·kernel·Gᵀ, (⌈F / WIDTH⌉, P, C, WIDTH)."""
    taps, _, C, F = kernel.shape
    blocks = packed_blocks(kernel.reshape(-1, F))  # (⌈F / WIDTH⌉, taps·taps·C, WIDTH)
    count, _, width = blocks.shape
    U = aligned_empty((count, SIZE, SIZE, C * width), kernel.dtype)
    transform_both(kernel_matrix(taps, kernel.dtype), blocks.reshape(count, taps, taps, C * width), out=U)
    return U.reshape(count, P, C, width)


# The kernels --------------------------------------------------------------------------------------


@compiled
def whole_vectors(numbers, lanes):
    """Return so many numbers filled up to whole vectors."""
    return (numbers + lanes - 1) // lanes * lanes


@compiled
def whole_tiles(rows):
    """Return so many rows filled up to whole tiles of registers."""
    return (rows + ROWS - 1) // ROWS * ROWS


@compiled_parallel_products
def forward_pieces(turns, inputs, convolution, tiling, pieces, outputs, finite):
    """Write the outputs, a piece of the tiles at a time, and which images are not finite.

    Args:
        convolution: ``factors_of`` the kernel and ``spans_of_kinds``; biases, filled up with zeros to whole
            blocks; and the floor, 0 for ReLU, −∞ for none.
        pieces: see ``pieces_of_tiles``.
        finite: (N,), true; becomes false for an image with an infinity or NaN before the floor.
    """
    factors, spans, biases, floor = convolution
    U = transform_kernel(*factors)
    blocks, _, C, width = U.shape
    F, channels = outputs.shape[3], whole_vectors(C, width // 2)
    order, pieces = pieces
    for piece in shared(turns, len(pieces)):
        first, count, kind = pieces[piece]
        tiles = order[first : first + count]
        V = empty_matrices(whole_tiles(count), channels, inputs.dtype)
        products = empty_matrices(whole_tiles(count), width, inputs.dtype)
        room = empty_room(channels, inputs.dtype)
        for t in range(count):
            window = window_of_image(tiling, inputs, tiles[t], kind, channels, room.square)
            spread_window(tiling, window, room, V, t)
        for block in range(blocks):
            filter = block * width
            columns = min(width, whole_vectors(F - filter, width // 2))
            multiply(V, count, (U[block], spans[kind, block]), columns, products)
            for t in range(count):
                collect_tile(tiling, products, t, columns, room)
                if not store_tile(tiling, room.square, (biases, floor), outputs, tiles[t], filter):
                    finite[place_of_tile(tiling, tiles[t])[0]] = False


@compiled_parallel_products
def gradient_pieces(turns, inputs, gradient, tiling, cut, sums, of_inputs):
    """Write ∂U and ∂bias of each piece of the tiles; and ∂loss/∂inputs, unless there is no place for it.

    Args:
        gradient: see ``copy_grads``.
        cut: where the pieces begin, and how many tiles of one are taken at once.
        sums: which are ``needed_of`` ∂U; ∂U (pieces, groups, P, channels rounded up to ROWS, filters of a
            group), and ∂bias (pieces, groups, filters of a group).
        of_inputs: U of the transposed kernel, (⌈C / WIDTH⌉, P, F, WIDTH), and ``spans_of`` it; ∂loss/∂inputs;
            and ``finite`` (N,), true, which becomes false for an image of which a number is not. Or all of
            them empty.
    """
    (starts, chunk), (needed, kernels, biases) = cut, sums
    (U, spans), grad_images, finite = of_inputs
    C, blocks, width = inputs.shape[3], len(U), U.shape[3]
    lanes, of_image = width // 2, tiling.down * tiling.across
    channels = whole_vectors(C, lanes)
    pieces, groups, _, _, group = kernels.shape
    for item in shared(turns, pieces * groups):
        piece, of_group = item // groups, item % groups
        grad_kernel, grad_bias = kernels[piece, of_group], biases[piece, of_group]
        grad_kernel[:] = 0
        grad_bias[:] = 0
        V = empty_matrices(chunk, channels, inputs.dtype)
        Y = empty_matrices(chunk, group, inputs.dtype)
        products = empty_matrices(chunk if blocks else 0, width, inputs.dtype)
        room = empty_room(max(channels, group), inputs.dtype)
        end = starts[piece + 1]
        if blocks:
            grad_images[starts[piece] // of_image : end // of_image] = 0
        for first in range(starts[piece], end, chunk):
            count = min(chunk, end - first)
            for t in range(count):
                window = window_of_image(tiling, inputs, first + t, np.int64(0), channels, room.square)
                spread_window(tiling, window, room, V, t)
                copy_grads(tiling, gradient, first + t, of_group * group, group, room.square)
                add_pixels(tiling, room.square, grad_bias)
                spread_grads(tiling, room, Y, t)
            add_products(V, Y, count, needed[of_group], grad_kernel)
            for block in range(blocks):
                channel = block * width
                columns = min(width, whole_vectors(C - channel, lanes))
                multiply(Y, count, (U[block], spans[block]), columns, products)
                for t in range(count):
                    collect_window(tiling, products, t, columns, room)
                    if not add_window(tiling, room.square, grad_images, first + t, channel):
                        finite[place_of_tile(tiling, first + t)[0]] = False
