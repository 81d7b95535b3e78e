"""A depthwise convolution and the 1×1 convolution behind it, band by band: for predictions.

What the first one makes is read once and forgotten::

    spread[p, c]  = Σ_kh Σ_kw  image[window of p at (kh, kw), c] · depthwise[kh, kw, c]
    outputs[p, f] = clip(Σ_c  spread[p, c] · pointwise[c, f] + bias[f] + other[p, f], floor, ceiling)

So it is made for so few rows of the outputs that it stays in the second-level cache, and goes from there
into the product. These rows' part of the image is copied with a border of zeros, channels filled up to
whole vectors, and with the ReLU in front of the layer, if there is one. Then every window is whole, every
vector lies in one line of the cache, and rows may be computed eight pixels at a time, some beyond the end.

``kernels/depthwise_conv2d.py`` and ``kernels/conv2d_pointwise.py`` do the two steps one after the other: in
training, which needs ``spread`` again, and where the outputs are too few to be cut into pieces.

Shapes: inputs (N, H, W, C), depthwise (KH, KW, C, M), pointwise (1, 1, C·M, F), bias (F,), outputs
(N, OH, OW, F). ``window`` is a ``cnn_scratch.shapes.Window``.
"""

import numpy as np

from cnn_scratch.kernels import conv2d, conv2d_direct, depthwise_conv2d
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products, one_thread_if
from cnn_scratch.kernels.finish import finish_part
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, tile_width, write_tile
from cnn_scratch.kernels.vector import aligned, at_least, lanes_of, load, load_some, store
from cnn_scratch.kernels.window_layout import window_places
from cnn_scratch.kernels.window_vectors import every_lane

# The depthwise convolution computes this many pixels together, each in a register: see ``spread_row``.
PIXELS = 8
# A band's part of the image, and what is made of it, should take about this many numbers each.
BAND_NUMBERS = 2**16
# Images with fewer pixels are taken together: a product with many rows needs few tiles that are not full.
GROUP_PIXELS = 192
# Fewer pieces are too few for several threads.
FEWEST_PIECES = 4


def forward(
    inputs, kernels, bias, window, relu=False, other=None, ceiling=np.inf, relu_before=False
) -> np.ndarray:
    """Return the separable convolution plus ``bias``, and plus ``other`` if it is given.

    Args:
        kernels: depthwise and pointwise.
        relu, ceiling: the bounds of the outputs, as in ``conv2d.forward``.
        relu_before: whether ReLU is applied to the inputs.
    """
    depthwise, pointwise = kernels
    (N, H, W, C), dtype, lanes = inputs.shape, inputs.dtype, lanes_of(inputs.itemsize)
    OH, OW = window.output_size(H, W)
    size = cut(window, (N, OH, OW), C)
    if pieces_of(size, N, OH) < FEWEST_PIECES or not can_be_cut(window, depthwise):
        inputs = np.maximum(inputs, 0) if relu_before else inputs
        spread = depthwise_conv2d.forward(inputs, depthwise, np.zeros(pointwise.shape[2], dtype), window)
        point = type(window)((1, 1))
        return conv2d.forward(spread, pointwise, bias, point, relu=relu, other=other, ceiling=ceiling)
    factors = aligned_empty((window.size[0] * window.size[1], -(-C // lanes) * lanes), dtype)
    factors[:, :C], factors[:, C:] = depthwise.reshape(-1, C), 0
    others = np.empty((0,) * 4, dtype) if other is None else other
    finish = others, dtype.type(0 if relu else -np.inf), dtype.type(ceiling)
    lowest = dtype.type(0 if relu_before else -np.inf)
    blocks, geometry = conv2d_direct.in_blocks(pointwise, bias), window.arguments(H, W)
    outputs = aligned_empty((N, OH, OW, pointwise.shape[3]), dtype)
    with one_thread_if(conv2d.is_small(outputs.shape, C)):
        separable_bands(inputs, (factors, lowest), blocks, finish, geometry, size, outputs)
    return outputs


def can_be_cut(window, depthwise) -> bool:
    """Return whether the bands know such a window, and no other algorithm is wished for."""
    plain = depthwise.shape[3] == 1 and window.dilation == (1, 1)
    return plain and conv2d.get_algorithm() in ("auto", "direct")


def cut(window, output_shape, C) -> tuple[int, int]:
    """Return how many rows of the outputs (N, OH, OW) are a band, and how many images are taken together."""
    (N, OH, OW), (SH, SW) = output_shape, window.strides
    rows = max(1, min(OH, BAND_NUMBERS // (OW * C * SH * SW)))
    return rows, max(1, min(N, GROUP_PIXELS // (OH * OW))) if rows == OH else 1


def pieces_of(size, N, OH) -> int:
    """Return how many pieces there are for the threads."""
    band_rows, images = size
    return -(-N // images) * -(-OH // band_rows)


@compiled_parallel_products
def separable_bands(turns, inputs, depthwise, pointwise, finish, geometry, size, outputs):
    """Write the outputs, piece by piece: a band of rows of one image, or several whole images.

    Args:
        depthwise: the depthwise kernel, (KH·KW, channels), where channels are C filled up to whole vectors;
            and the lowest number of the inputs, 0 if a ReLU is in front and −∞ if not.
        pointwise: the pointwise kernel and the bias, see ``conv2d_direct.in_blocks``.
        finish: what is added, an array of the outputs' shape or an empty one; floor and ceiling.
        size: the rows of a band, and the images of a piece.
    """
    (KH, KW, SH, SW, _, _, top, left), (band_rows, most_images) = geometry, size
    (N, OH, OW, F), C = outputs.shape, inputs.shape[3]
    (factors, lowest), (blocks, biases), (others, floor, ceiling) = depthwise, pointwise, finish
    channels = factors.shape[1]
    width = tile_width(inputs.itemsize)
    floor_of_tile = inputs.dtype.type(-np.inf) if others.size else floor
    bands = (OH + band_rows - 1) // band_rows
    groups = (OW + PIXELS - 1) // PIXELS
    # Pixel w of a row belongs to the phase w mod SW: what windows meet at a place are then neighbours.
    phases, columns = min(SW, KW), groups * PIXELS + (KW - 1) // SW
    layout = SW, phases, columns, channels
    height, band_row = (band_rows - 1) * SH + KH, phases * columns * channels
    row_numbers = groups * PIXELS * channels
    packed, factors = blocks.reshape(-1), factors.reshape(-1)
    results, added = outputs.reshape(-1), others.reshape(-1)
    for piece in shared(turns, (N + most_images - 1) // most_images * bands):
        n, first = piece // bands * most_images, piece % bands * band_rows
        images, rows = min(most_images, N - n), min(band_rows, OH - first)
        band = aligned(height * band_row, inputs.dtype)
        spread = aligned(images * rows * row_numbers, inputs.dtype)
        for image in range(images):
            copy_band(inputs[n + image], first * SH - top, -left, lowest, layout, band)
            for row in range(rows):
                source = band[row * SH * band_row :]
                target = spread[(image * rows + row) * row_numbers :]
                spread_row(source, factors, (KH, KW), layout, groups, target)
        pixels = images * rows * OW
        starts, places = window_places(pixels, OW, row_numbers, channels, F)
        begin = (n * OH + first) * OW * F
        target = results[begin : begin + pixels * F]
        for block in range(blocks.shape[0]):
            filter = block * width
            right, bias = (packed, filter * C, width), (biases, filter)
            for pixel in range(0, pixels, ROWS):
                rows_of_tile = (spread, starts, pixel, 0)
                place = (target[filter:], places, pixel, min(width, F - filter))
                write_tile(rows_of_tile, (C, 1), right, place, bias, floor_of_tile)
        if others.size:
            finish_part(target, added[begin : begin + pixels * F], floor, ceiling)
        elif ceiling < np.inf:
            finish_part(target, added, floor, ceiling)


@compiled
def copy_band(image, first_row, first_column, lowest, layout, band):
    """Copy some rows of the image, none of whose numbers is below ``lowest``; zeros outside the image.

    Args:
        first_row, first_column: of the image, where the band begins.
        layout: SW, and how the pixels of a row are dealt to the phases: see ``separable_bands``.
    """
    (H, W, C), (SW, phases, columns, channels) = image.shape, layout
    numbers, lanes = image.reshape(-1), tile_width(image.itemsize) // 2
    to = 0
    for h in range(first_row, first_row + band.size // (phases * columns * channels)):
        for phase in range(phases):
            for w in range(first_column + phase, first_column + phase + columns * SW, SW):
                inside = 0 <= h < H and 0 <= w < W
                for c in range(0, channels, lanes):
                    vector = load_some(numbers, (h * W + w) * C + c, C - c if inside else 0)
                    store(band, to, at_least(vector, lowest))
                    to += lanes


@compiled
def spread_row(source, factors, size, layout, groups, target):
    """Write a row of the depthwise convolution, ``groups`` · PIXELS pixels.

    Args:
        source: the band, from the first row of the windows on.
        size: KH and KW.
    """
    (KH, KW), (SW, phases, columns, channels) = size, layout
    lanes = tile_width(source.itemsize) // 2
    for c in range(0, channels, lanes):
        for group in range(groups):
            a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = every_lane(0, load(source, c))
            for kh in range(KH):
                for phase in range(phases):
                    x = ((kh * phases + phase) * columns + group * PIXELS) * channels + c
                    u0, u1, u2 = load(source, x), load(source, x + channels), load(source, x + 2 * channels)
                    x += 3 * channels
                    u3, u4, u5 = load(source, x), load(source, x + channels), load(source, x + 2 * channels)
                    u6 = load(source, x + 3 * channels)
                    x += 4 * channels
                    k, end = (kh * KW + phase) * channels + c, (kh + 1) * KW * channels
                    while k < end:  # LLVM would write out a ``for`` many times
                        factor, u7 = load(factors, k), load(source, x)
                        a0, a1, a2 = a0 + u0 * factor, a1 + u1 * factor, a2 + u2 * factor
                        a3, a4, a5 = a3 + u3 * factor, a4 + u4 * factor, a5 + u5 * factor
                        a6, a7 = a6 + u6 * factor, a7 + u7 * factor
                        u0, u1, u2, u3, u4, u5, u6 = u1, u2, u3, u4, u5, u6, u7
                        x += channels
                        k += SW * channels
            to = group * PIXELS * channels + c
            store(target, to, a0)
            store(target, to + channels, a1)
            store(target, to + 2 * channels, a2)
            store(target, to + 3 * channels, a3)
            store(target, to + 4 * channels, a4)
            store(target, to + 5 * channels, a5)
            store(target, to + 6 * channels, a6)
            store(target, to + 7 * channels, a7)
