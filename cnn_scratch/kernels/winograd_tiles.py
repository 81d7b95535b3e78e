"""Tiles of images for Winograd's convolution: how they are read, and how results come back to the image.

A tile is m×m pixels of the outputs; its window is the SIZE×SIZE pixels of the inputs that they depend on.
Tiles and windows may reach beyond the image: what is read there is 0, what is written there is left out.

The tiles of a batch are numbered, image by image and row by row. A ``square`` is the memory of a
tile or of a window, seen as (rows, columns, channels).
"""

from typing import NamedTuple

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import at_least, has_nan, load, load_some, store, where_positive
from cnn_scratch.kernels.winograd import SIZE


class Tiling(NamedTuple):
    """How the outputs (N, OH, OW, F) of a convolution are cut into tiles.

    Args:
        edge: m zeros. The length of a tuple is part of its type, so a kernel is compiled for one m, and its
            transforms are too.
        m, size: a tile is m×m pixels, its window size×size, which is SIZE. As they come from outside,
            the compiler does not know them: it would write out every loop over them, which takes a second
            and makes nothing faster.
        down, across: how many tiles are in a column and in a row of an image.
        top, left: how many rows and columns of the first window lie outside the image.
    """

    edge: tuple[int, ...]
    m: int
    size: int
    down: int
    across: int
    top: int
    left: int


def tiling_of(outputs, geometry) -> Tiling:
    """Return the ``Tiling`` of outputs for a geometry, in which strides and dilation are 1."""
    (_, OH, OW, _), (KH, _, _, _, _, _, top, left) = outputs.shape, geometry
    m = SIZE + 1 - KH
    return Tiling((0,) * m, m, SIZE, -(-OH // m), -(-OW // m), top, left)


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
def window_of_image(tiling, images, tile, channels, square):
    """Return where the pixels of a tile's window lie: (array, start, step of a row, step of a pixel).

    ``channels`` is C rounded up to whole vectors; what is read beyond the last channel may be anything.
    Inside an image the pixels are read in place; a window that reaches beyond is copied to ``square``.
    """
    n, y, x = place_of_window(tiling, tile)
    (_, H, W, C), size = images.shape, tiling.size
    lanes = tile_width(images.itemsize) // 2
    start = ((n * H + y) * W + x) * C
    end = start + ((size - 1) * W + size - 1) * C + channels
    if y >= 0 and x >= 0 and y + size <= H and x + size <= W and end <= images.size:
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
    (_, OH, OW, F), m = grads.shape, tiling.m
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
    (_, OH, OW, F), m = outputs.shape, tiling.m
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
