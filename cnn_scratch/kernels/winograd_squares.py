"""Winograd's transforms of a square of pixels, along its rows and along its columns, for all channels.

A window or a tile is *spread* over P matrices: each of its P = SIZE·SIZE positions after the transforms
belongs to a matrix of its own, and is one row of it. So the products of all tiles at a position are one
product of matrices. Afterwards a square is *collected* from one row of each::

    spread_window    V = Bᵀ·window·B         collect_tile      outputs of a tile = Aᵀ·products·A
    spread_grads     Y = A·(∂outputs)·Aᵀ     collect_window    ∂window           = B·products·Bᵀ

``tiling`` is a ``Tiling`` of ``kernels/winograd_tiles.py``.
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import ROWS, add_tile, tile_width, write_sums
from cnn_scratch.kernels.vector import aligned
from cnn_scratch.kernels.winograd import (
    SIZE,
    P,
    transform_back,
    transform_grads,
    transform_inputs,
    transform_products,
)

# Numbers between two matrices, so that they do not crowd one set of the cache.
GAP = 16


class Matrices(NamedTuple):
    """P matrices, one for each position, with a row for each tile.

    Args:
        numbers: number c of tile t at position p is ``numbers[p * plane + rows[t] + c]``.
        rows: where the row of each tile begins: t·width.
        width: how many numbers a row has; they fill whole vectors.
        plane: the distance between two matrices.
    """

    numbers: np.ndarray
    rows: np.ndarray
    width: int
    plane: int


class Room(NamedTuple):
    """Where the transforms of a tile write.

    Args:
        square: pixels of the tile or of its window.
        half_way: a vector of each position, between the rows and the columns.
    """

    square: np.ndarray
    half_way: np.ndarray


@compiled
def empty_matrices(tiles, width, dtype):
    """Return ``Matrices`` for ``tiles`` tiles."""
    rows = np.empty(tiles, np.int64)
    for t in range(tiles):
        rows[t] = t * width
    plane = tiles * width + GAP
    return Matrices(aligned(P * plane, dtype), rows, width, plane)


@compiled
def empty_room(channels, dtype):
    """Return ``Room`` for squares of pixels with ``channels`` channels, or with a whole block."""
    width = tile_width(np.empty(0, dtype).itemsize)
    return Room(aligned(P * max(channels, width), dtype), aligned(P * width // 2, dtype))


# To the matrices and back --------------------------------------------------------------------------


@compiled
def spread_window(tiling, window, room, V, tile):
    """Write row ``tile`` of V.

    Args:
        window: (array, start, step of a row, step of a pixel), see ``window_of_image``.
    """
    source, start, row, pixel = window
    lanes, to = tile_width(source.itemsize) // 2, V.rows[tile]
    for c in range(0, V.width, lanes):
        for i in range(tiling.size):
            transform_inputs(source, start + i * row + c, pixel, room.half_way, i * SIZE * lanes, lanes)
        for j in range(tiling.size):
            at = to + j * V.plane + c
            transform_inputs(room.half_way, j * lanes, SIZE * lanes, V.numbers, at, SIZE * V.plane)


@compiled
def spread_grads(tiling, room, Y, tile):
    """Write row ``tile`` of Y; in ``room.square`` are the gradients (m, m, width of Y)."""
    edge, m = tiling.edge, tiling.m
    lanes, to = tile_width(Y.numbers.itemsize) // 2, Y.rows[tile]
    for f in range(0, Y.width, lanes):
        for i in range(m):
            start = i * m * Y.width + f
            transform_grads(edge, room.square, start, Y.width, room.half_way, i * SIZE * lanes, lanes)
        for j in range(tiling.size):
            at = to + j * Y.plane + f
            transform_grads(edge, room.half_way, j * lanes, SIZE * lanes, Y.numbers, at, SIZE * Y.plane)


@compiled
def collect_tile(tiling, products, tile, filters, room):
    """Write the outputs of a tile to ``room.square``, (m, m, WIDTH), of which the first ``filters`` count."""
    edge, m, width = tiling.edge, tiling.m, products.width
    lanes, start = width // 2, products.rows[tile]
    for f in range(0, filters, lanes):
        for i in range(tiling.size):
            at = start + i * SIZE * products.plane + f
            transform_products(
                edge, products.numbers, at, products.plane, room.half_way, i * m * lanes, lanes
            )
        for j in range(m):
            transform_products(
                edge, room.half_way, j * lanes, m * lanes, room.square, j * width + f, m * width
            )


@compiled
def collect_window(tiling, products, tile, channels, room):
    """Write ∂window to ``room.square``, (SIZE, SIZE, WIDTH), of which the first ``channels`` count."""
    width, start = products.width, products.rows[tile]
    lanes = width // 2
    for c in range(0, channels, lanes):
        for i in range(tiling.size):
            at = start + i * SIZE * products.plane + c
            transform_back(products.numbers, at, products.plane, room.half_way, i * SIZE * lanes, lanes)
        for j in range(tiling.size):
            transform_back(room.half_way, j * lanes, SIZE * lanes, room.square, j * width + c, SIZE * width)


# Products of the matrices --------------------------------------------------------------------------


@compiled
def multiply(left, tiles, right, columns, products):
    """Write ``products[p] = left[p] @ right[p]`` for ``tiles`` tiles and ``columns`` columns of a block.

    Args:
        left, products: ``Matrices``.
        right: a block of U, (P, channels or filters, WIDTH); and which of these terms count at each position,
            from one up to another, (P, 2). The others are zeros.
    """
    U, spans = right
    width = U.shape[2]
    for p in range(P):
        first, end = spans[p]
        factors = (U[p].reshape(-1), first * width, width)
        to = products.numbers[p * products.plane :]
        for t in range(0, tiles, ROWS):
            rows = (left.numbers, left.rows, t, p * left.plane + first)
            write_sums(rows, (end - first, 1), factors, (to, products.rows, t, columns))


@compiled
def add_products(V, Y, tiles, needed, sums):
    """Add ``V[p]ᵀ @ Y[p]``, the sum over ``tiles`` tiles, to ``sums[p]``.

    Args:
        V, Y: ``Matrices``.
        needed: which of the sums are, (P, ⌈width of Y / WIDTH⌉): WIDTH filters each.
        sums: (P, channels rounded up to ROWS, width of Y). The last rows may stand for channels that do not
            exist; what is in them means nothing.
    """
    _, channels, filters = sums.shape
    width = tile_width(sums.itemsize)
    starts, places, flat = np.empty(channels, np.int64), np.empty(channels, np.int64), sums.reshape(-1)
    for c in range(channels):
        starts[c], places[c] = min(c, V.width - 1), c * filters
    for p in range(P):
        for c in range(0, channels, ROWS):
            column = (V.numbers, starts, c, p * V.plane)
            for f in range(0, filters, width):
                if needed[p, f // width]:
                    target = (flat[p * channels * filters + f :], places, c, min(width, filters - f))
                    add_tile(column, (tiles, V.width), (Y.numbers, p * Y.plane + f, Y.width), target)
