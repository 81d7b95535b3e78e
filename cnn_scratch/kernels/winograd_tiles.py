"""Tiles of images for Winograd's convolution: how they are read, and how results come back to the image.

A tile is m×m pixels of the outputs; its window is the SIZE×SIZE pixels of the inputs that they depend on.
Tiles and windows may reach beyond the image: what is read there is 0, what is written there is left out.

The tiles of a batch are numbered, image by image and row by row. A ``square`` is the memory of a
tile or of a window, seen as (rows, columns, channels).
"""

from typing import NamedTuple

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.max_pooling2d import pool_four
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import at_least, has_nan, load, load_some, store, where_positive
from cnn_scratch.kernels.window_vectors import load_part
from cnn_scratch.kernels.winograd import SIZE


class Tiling(NamedTuple):
    """How the outputs (N, OH, OW, F) of a convolution are cut into tiles.

    Args:
        edge: m zeros. The length of a tuple is part of its type, so a kernel is compiled for one m, and its
            transforms are too.
        OH, OW: rows and columns of the outputs.
        m, size: a tile is m×m pixels, its window size×size, which is SIZE. As they come from outside,
            the compiler does not know them: it would write out every loop over them, which takes a second
            and makes nothing faster.
        down, across: how many tiles are in a column and in a row of an image.
        top, left: how many rows and columns of the first window lie outside the image.
    """

    edge: tuple[int, ...]
    OH: int
    OW: int
    m: int
    size: int
    down: int
    across: int
    top: int
    left: int


def tiling_of(size, geometry) -> Tiling:
    """Return the ``Tiling`` of outputs of ``size`` (OH, OW) for a geometry without strides and dilation."""
    (OH, OW), (KH, _, _, _, _, _, top, left) = size, geometry
    m = SIZE + 1 - KH
    return Tiling((0,) * m, OH, OW, m, SIZE, -(-OH // m), -(-OW // m), top, left)


@compiled
def place_of_tile(tiling, tile):
    """Return the image of a tile, and the row and column of its first output pixel."""
    row, column = tile // tiling.across, tile % tiling.across
    return row // tiling.down, row % tiling.down * tiling.m, column * tiling.m


@compiled
def place_of_window(tiling, tile):
    """Return the image of a tile, and the row and column of the first pixel of its window."""
    n, oh, ow = place_of_tile(tiling, tile)
    return n, oh - tiling.top, ow - tiling.left


@compiled
def window_of_image(tiling, images, tile, kind, channels, square):
    """Return where the pixels of a tile's window lie: (array, start, step of a row, step of a pixel).

    ``channels`` is C rounded up to whole vectors; what is read beyond the last channel may be anything. So
    may the last row and column of the window, if they are not multiplied for tiles of this ``kind``
    (``kernels/winograd_pieces.py``). If all that counts is inside the image, the pixels are read in place;
    otherwise the window is copied to ``square``.
    """
    n, y, x = place_of_window(tiling, tile)
    (_, H, W, C), size = images.shape, tiling.size
    lanes = tile_width(images.itemsize) // 2
    start = ((n * H + y) * W + x) * C
    end = start + ((size - 1) * W + size - 1) * C + channels
    bottom, right = y + size - kind % 2, x + size - kind // 2
    if y >= 0 and x >= 0 and bottom <= H and right <= W and end <= images.size:
        return images.reshape(-1), start, W * C, C
    for i in range(size):
        for j in range(size):
            inside = 0 <= y + i < H and 0 <= x + j < W
            for c in range(0, channels, lanes):
                vector = load_some(images, start + (i * W + j) * C + c, C - c if inside else 0)
                store(square, (i * size + j) * channels + c, vector)
    return square, 0, size * channels, channels


@compiled
def copy_grads(tiling, gradient, tile, first, filters, square):
    """Copy the gradients of a tile, from filter ``first`` on, to ``square`` (m, m, filters).

    Args:
        gradient: ∂loss/∂outputs, and the outputs if they are those of a ReLU, or an empty array. Where these
            are not positive, the gradient becomes 0.
        filters: they fill whole vectors; those beyond the last filter become 0.
    """
    grads, relu_outputs = gradient
    n, oh, ow = place_of_tile(tiling, tile)
    F, OH, OW, m = grads.shape[3], tiling.OH, tiling.OW, tiling.m
    lanes = tile_width(grads.itemsize) // 2
    for i in range(m):
        for j in range(m):
            inside = oh + i < OH and ow + j < OW
            start = ((n * OH + oh + i) * OW + ow + j) * F + first
            for f in range(0, filters, lanes):
                there = F - first - f if inside else 0
                vector = load_some(grads, start + f, there)
                if relu_outputs.size:
                    vector = where_positive(load_some(relu_outputs, start + f, there), vector)
                store(square, (i * m + j) * filters + f, vector)


@compiled
def add_pixels(tiling, square, sums):
    """Add the pixels of a tile, ``square`` (m, m, filters), to ``sums`` (filters,)."""
    lanes = tile_width(square.itemsize) // 2
    for f in range(0, sums.size, lanes):
        total = load(sums, f)
        for pixel in range(tiling.m * tiling.m):
            total = total + load(square, pixel * sums.size + f)
        store(sums, f, total)


@compiled
def store_tile(tiling, square, bias_and_floor, outputs, tile, filter):
    """Write the outputs of a tile with bias and floor; return whether all were finite before.

    ``square`` is (m, m, WIDTH): the filters from ``filter`` on.
    """
    biases, floor = bias_and_floor
    n, oh, ow = place_of_tile(tiling, tile)
    F, OH, OW, m = outputs.shape[3], tiling.OH, tiling.OW, tiling.m
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


@compiled
def pool_tile(tiling, square, bias_and_floor, pooled, tile, filter):
    """Do the same, but write the largest number of every window of 2×2 pixels, normalized, and its place.

    A tile has an even number of rows and columns, so no window belongs to two of them. A last row or column
    that belongs to none is only looked at: whether it is finite decides how all of the image is computed.

    Args:
        pooled: the outputs of the pooling, (N, OH // 2, OW // 2, F); their places; and mean, scale and shift,
            see ``kernels/max_pooling2d.py``.
    """
    (biases, floor), (outputs, places, (mean, scale, shift)) = bias_and_floor, pooled
    n, oh, ow = place_of_tile(tiling, tile)
    (_, out_rows, out_columns, F), m = outputs.shape, tiling.m
    rows, columns = min(m, tiling.OH - oh), min(m, tiling.OW - ow)
    width = tile_width(outputs.itemsize)
    lanes = width // 2
    check = 0 * load(biases, filter)
    for first in range(filter, min(filter + width, F), lanes):
        bias, count = load(biases, first), min(lanes, F - first)
        for i in range(rows):
            for j in range(columns):
                linear = load(square, (i * m + j) * width + first - filter) + bias
                check = check + 0 * linear  # 0·x is NaN if x is infinite or NaN
        of_filters = (
            load_part(mean, first, count),
            load_part(scale, first, count),
            load_part(shift, first, count),
        )
        for i in range(0, rows - 1, 2):
            for j in range(0, columns - 1, 2):
                upper = (i * m + j) * width + first - filter
                lower = upper + m * width
                pixels = (
                    at_least(load(square, upper) + bias, floor),
                    at_least(load(square, upper + width) + bias, floor),
                    at_least(load(square, lower) + bias, floor),
                    at_least(load(square, lower + width) + bias, floor),
                )
                to = ((n * out_rows + (oh + i) // 2) * out_columns + (ow + j) // 2) * F + first
                pool_four(pixels, of_filters, to, count, outputs, places)
    return not has_nan(check)


@compiled
def add_window(tiling, square, images, tile, channel):
    """Add a tile's window to its image, and return whether all that was added is finite.

    ``square`` is (SIZE, SIZE, WIDTH): the channels from ``channel`` on.
    """
    n, y, x = place_of_window(tiling, tile)
    (_, H, W, C), size = images.shape, tiling.size
    width = tile_width(images.itemsize)
    lanes = width // 2
    image = images[n].reshape(-1)
    check = 0 * load(square, 0)
    for c in range(channel, min(channel + width, C), lanes):
        for i in range(max(0, -y), min(size, H - y)):
            for j in range(max(0, -x), min(size, W - x)):
                start, to = (i * size + j) * width + c - channel, ((y + i) * W + x + j) * C + c
                vector = load(square, start)
                check = check + 0 * vector
                if c + lanes <= C:
                    store(image, to, load(image, to) + vector)
                else:
                    for k in range(C - c):
                        image[to + k] += square[start + k]
    return not has_nan(check)
