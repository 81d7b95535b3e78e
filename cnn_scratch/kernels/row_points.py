"""What Winograd's convolution along the rows has at each point: V, the products and Y, see ``conv2d_rows``.

In V the tiles of a row stand side by side, channel by channel, so that the transform has whole vectors
however few channels there are, and so that the KH·C numbers of a sum are at equal distances. A row has one
tile more than the outputs: the second half of a window is the first half of the next one.

In the products and in Y each tile has a row, with the filters side by side.
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.row_transforms import SIZE, M, transform_inputs
from cnn_scratch.kernels.tile import ROWS, add_tile, tile_width, write_sums
from cnn_scratch.kernels.vector import aligned, load, store
from cnn_scratch.kernels.window_vectors import load_part

# Numbers between two points' parts of an array: a vector may reach beyond a part's end.
GAP = 16


class Band(NamedTuple):
    """So many rows of the outputs of one image.

    Args:
        image: the inputs, (H, W, C).
        first: the first row of outputs.
        rows: how many they are.
    """

    image: np.ndarray
    first: int
    rows: int


class Tiles(NamedTuple):
    """The tiles of a band, row by row, and where they are in V and in the products.

    Args:
        KH: rows of the kernel.
        top, left: rows and columns of padding.
        OW: columns of outputs.
        F: filters.
        across: tiles of a row.
        starts: where in a point's part of V the first number of each tile is.
        rows: where in a point's part of the products the row of each tile begins.
        width: numbers of such a row, those of a tile of registers.
        v_plane, plane: numbers of a point's part of V, and of the products.
    """

    KH: int
    top: int
    left: int
    OW: int
    F: int
    across: int
    starts: np.ndarray
    rows: np.ndarray
    width: int
    v_plane: int
    plane: int


class Points(NamedTuple):
    """An array that has a part for each of the SIZE points.

    Args:
        numbers: the parts, one behind the other.
        plane: the distance between two of them.
    """

    numbers: np.ndarray
    plane: int


class Filters(NamedTuple):
    """A vector of filters.

    Args:
        first: the number of the first one.
        count: how many lanes stand for a filter.
        column: where they are in a row of the products.
    """

    first: int
    count: int
    column: int


@compiled
def tiles_of_band(geometry, C, rows, OW, F, width):
    """Return ``Tiles`` for a band of at most ``rows`` rows.

    ``starts`` and ``rows`` are filled up to whole tiles of registers by repeating the last tile.
    """
    across = (OW + M - 1) // M
    tiles = (rows * across + ROWS - 1) // ROWS * ROWS
    starts, places = np.empty(tiles, np.int64), np.empty(tiles, np.int64)
    for t in range(tiles):
        tile = min(t, rows * across - 1)
        starts[t] = tile // across * C * (across + 1) + tile % across
        places[t] = tile * width
    v_plane, plane = (rows + geometry[0] - 1) * C * (across + 1) + GAP, tiles * width + GAP
    return Tiles(geometry[0], geometry[6], geometry[7], OW, F, across, starts, places, width, v_plane, plane)


@compiled
def empty_points(plane, dtype):
    """Return ``Points`` of ``plane`` numbers each."""
    return Points(aligned(SIZE * plane, dtype), plane)


@compiled
def vector_of_filters(tiles, block, column):
    """Return ``Filters`` for a column of a block of ``tiles.width`` filters."""
    first = block * tiles.width + column
    return Filters(first, min(tiles.width // 2, tiles.F - first), column)


# From the image to V -------------------------------------------------------------------------------


@compiled
def transform_rows(band, tiles, V):
    """Write V of all rows of the image that the band sees."""
    H, _, C = band.image.shape
    rows, lanes = band.rows + tiles.KH - 1, tile_width(band.image.itemsize) // 2
    # The pixels of each row are dealt to M arrays in turn: in these, what is near in V is near, too.
    row_numbers = C * (tiles.across + 1)
    numbers = rows * row_numbers
    size = numbers + 2 * lanes
    dealt = np.zeros(M * size, band.image.dtype)
    begin, places = places_of_pixels(band.image.shape, tiles, size)
    above = tiles.top - band.first  # rows that are not there
    for row in range(max(0, above), min(rows, H + above)):
        pixels = band.image[row - above].reshape(-1)[begin:]
        target = dealt[row * row_numbers :]
        for k in range(places.size):
            target[places[k]] = pixels[k]
    for q in range(0, numbers, lanes):
        x0, x4 = load(dealt, q), load(dealt, q + 1)
        x1, x5 = load(dealt, size + q), load(dealt, size + q + 1)
        x2, x6 = load(dealt, 2 * size + q), load(dealt, 2 * size + q + 1)
        x3, x7 = load(dealt, 3 * size + q), load(dealt, 3 * size + q + 1)
        store_points(V, q, transform_inputs(x0, x1, x2, x3, x4, x5, x6, x7))


@compiled
def places_of_pixels(image_shape, tiles, size):
    """Return the first number of an image's row that is dealt, and where it and each behind it go."""
    _, W, C = image_shape
    left, row_tiles = tiles.left, tiles.across + 1
    begin, end = max(0, -left), min(W, M * row_tiles - left)
    places = np.empty(max(0, end - begin) * C, np.int64)
    for k in range(places.size):
        pixel, c = begin + k // C + left, k % C
        places[k] = pixel % M * size + c * row_tiles + pixel // M
    return begin * C, places


@compiled
def store_points(points, start, values):
    """Write a vector to each point's part of an array."""
    array, plane = points
    store(array, start, values[0])
    store(array, start + plane, values[1])
    store(array, start + 2 * plane, values[2])
    store(array, start + 3 * plane, values[3])
    store(array, start + 4 * plane, values[4])
    store(array, start + 5 * plane, values[5])
    store(array, start + 6 * plane, values[6])
    store(array, start + 7 * plane, values[7])


@compiled
def load_points(points, start, count):
    """Return a vector of each point's part of an array."""
    array, plane = points
    return (
        load_part(array, start, count),
        load_part(array, start + plane, count),
        load_part(array, start + 2 * plane, count),
        load_part(array, start + 3 * plane, count),
        load_part(array, start + 4 * plane, count),
        load_part(array, start + 5 * plane, count),
        load_part(array, start + 6 * plane, count),
        load_part(array, start + 7 * plane, count),
    )


# Sums of products ----------------------------------------------------------------------------------


@compiled
def columns_of_block(tiles, block):
    """Return how many filters of a block are computed: those that exist, up to whole halves of vectors."""
    half = tiles.width // 4
    return min(tiles.width, (tiles.F - block * tiles.width + half - 1) // half * half)


@compiled
def convolve_points(V, U, tiles, rows, block, products):
    """Write the products of ``rows`` rows with a block of filters, whose U is (SIZE, KH·C, WIDTH)."""
    _, terms, width = U.shape
    columns = columns_of_block(tiles, block)
    for p in range(SIZE):
        of_sum, right = (terms, tiles.across + 1), (U[p].reshape(-1), 0, width)
        to = products.numbers[p * products.plane :]
        for t in range(0, rows * tiles.across, ROWS):
            left = (V.numbers, tiles.starts, t, p * V.plane)
            write_sums(left, of_sum, right, (to, tiles.rows, t, columns))


@compiled
def add_products(V, Y, tiles, band, block, sums):
    """Add ∂U of a band and of a block of filters to ``sums``, (SIZE, KH·C or more, F or more).

    The last rows may stand for rows and channels that do not exist; what is in them means nothing.
    """
    _, patch_rows, row_length = sums.shape
    C, row_tiles = band.image.shape[2], tiles.across + 1
    steps, starts = np.empty(band.rows, np.int64), np.empty(patch_rows, np.int64)
    places, flat = np.empty(patch_rows, np.int64), sums.reshape(-1)
    for row in range(band.rows):
        steps[row] = row * C * row_tiles
    for k in range(patch_rows):
        starts[k], places[k] = min(k, tiles.KH * C - 1) * row_tiles, k * row_length
    columns = columns_of_block(tiles, block)
    for p in range(SIZE):
        right = (Y.numbers, p * Y.plane, tiles.across * tiles.width, tiles.width)
        to = flat[p * patch_rows * row_length + block * tiles.width :]
        for k in range(0, patch_rows, ROWS):
            left = (V.numbers, starts, k, p * V.plane)
            add_tile(left, (steps, tiles.across, 1), right, (to, places, k, columns))
