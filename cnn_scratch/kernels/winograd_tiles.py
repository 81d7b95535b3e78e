"""Tiles of images for Winograd's convolution: how they are read, and how results come back to the image.

A tile is m×m pixels of the outputs; its window is the SIZE×SIZE pixels of the inputs that they depend on.
Tiles and windows may reach beyond the image: what is read there is 0, what is written there is left out.

In every function ``n`` is the image, and ``y`` and ``x`` (or ``oh`` and ``ow``) are the row and column of the
first pixel. ``size`` is SIZE: see ``winograd``.
"""

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import at_least, has_nan, load, load_some, store, where_positive


@compiled
def place_of_tile(tile, m, OH, OW):
    """Return the image of a tile, and the row and column of its first output pixel."""
    across, down = (OW + m - 1) // m, (OH + m - 1) // m
    return tile // (across * down), tile // across % down * m, tile % across * m


@compiled
def window_of_image(size, images, n, y, x, channels, square):
    """Return where the pixels of a window lie: (array, start, step of a row, step of a pixel).

    ``channels`` is C rounded up to whole vectors; what is read beyond the last channel may be anything.
    Inside an image the pixels are read in place; a window that reaches beyond is copied to ``square``.
    """
    _, H, W, C = images.shape
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
def copy_grads(grads, outputs, relu, n, oh, ow, m, first, filters, square):
    """Copy the gradients of a tile, from filter ``first`` on, to ``square`` (m, m, filters).

    ``filters`` fill whole vectors; those beyond the last filter become 0. With ``relu`` so do those whose
    ``outputs`` are not positive.
    """
    _, OH, OW, F = grads.shape
    lanes = tile_width(grads.itemsize) // 2
    for i in range(m):
        for j in range(m):
            inside = oh + i < OH and ow + j < OW
            start = ((n * OH + oh + i) * OW + ow + j) * F + first
            for f in range(0, filters, lanes):
                there = F - first - f if inside else 0
                vector = load_some(grads, start + f, there)
                if relu:
                    vector = where_positive(load_some(outputs, start + f, there), vector)
                store(square, (i * m + j) * filters + f, vector)


@compiled
def add_pixels(pixels, square, filters, sums):
    """Add the pixels of a tile, ``square`` (pixels, filters), to ``sums`` (filters,)."""
    lanes = tile_width(square.itemsize) // 2
    for f in range(0, filters, lanes):
        total = load(sums, f)
        for pixel in range(pixels):
            total = total + load(square, pixel * filters + f)
        store(sums, f, total)


@compiled
def store_tile(m, square, biases, floor, outputs, n, oh, ow, filter):
    """Write the outputs of a tile with bias and floor; return whether all were finite before.

    ``square`` is (m, m, WIDTH): the filters from ``filter`` on.
    """
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


@compiled
def add_window(size, square, images, n, y, x, channel):
    """Add a window to an image, and return whether all that was added is finite.

    ``square`` is (SIZE, SIZE, WIDTH): the channels from ``channel`` on.
    """
    _, H, W, C = images.shape
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
