"""A depthwise convolution and the 1×1 convolution behind it, band by band: for predictions.

What the first one makes is read once and forgotten::

    spread[p, c]  = Σ_kh Σ_kw  image[window of p at (kh, kw), c] · depthwise[kh, kw, c]
    outputs[p, f] = clip(Σ_c  spread[p, c] · pointwise[c, f] + bias[f] + other[p, f], floor, ceiling)

So it is made for so few rows of the outputs that it stays in the second-level cache, and goes from there
into the product. These rows' part of the image is copied with a border of zeros, channels filled up to
whole vectors, and with the ReLU in front of the layer, if there is one. Then every window is whole, every
vector lies in one line of the cache, and rows may be computed four pixels at a time, some beyond the end.

``kernels/depthwise_conv2d.py`` and ``kernels/conv2d_pointwise.py`` do the two steps one after the other: in
training, which needs ``spread`` again, and where the outputs are too few to be cut into pieces.

Shapes: inputs (N, H, W, C), depthwise (KH, KW, C, M), pointwise (1, 1, C·M, F), bias (F,), outputs
(N, OH, OW, F). ``window`` is a ``cnn_scratch.shapes.Window``.
"""

import dataclasses

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

# So many pixels are computed together by the depthwise convolution.
PIXELS = 8
# A band's part of the image, and what is made of it, shall take about this many numbers each.
BAND_NUMBERS = 2**16
# Images with fewer pixels are taken together: a product with many rows needs few tiles that are not full.
GROUP_PIXELS = 192
# Fewer pieces are too few for several threads.
FEWEST_PIECES = 4


def forward(
    inputs, depthwise, pointwise, bias, window, relu=False, other=None, ceiling=np.inf, relu_before=False
) -> np.ndarray:
    """Return the separable convolution plus ``bias``, and plus ``other`` if it is given.

    Args:
        relu, ceiling: the bounds of the outputs, as in ``conv2d.forward``.
        relu_before: whether ReLU is applied to the inputs.
    """
    N, H, W, C = inputs.shape
    OH, OW = window.output_size(H, W)
    band_rows, group = cut(window, C, N, OH, OW)
    pieces = -(-N // group) * -(-OH // max(1, band_rows))
    if (
        depthwise.shape[3] > 1
        or window.dilation != (1, 1)
        or pieces < FEWEST_PIECES
        or conv2d.get_algorithm() not in ("auto", "direct")
    ):
        if relu_before:
            inputs = np.maximum(inputs, 0)
        no_bias = np.zeros(pointwise.shape[2], inputs.dtype)
        spread = depthwise_conv2d.forward(inputs, depthwise, no_bias, window)
        point = dataclasses.replace(
            window, size=(1, 1), strides=(1, 1), padding="valid", border=((0, 0), (0, 0))
        )
        return conv2d.forward(spread, pointwise, bias, point, relu=relu, other=other, ceiling=ceiling)
    dtype = inputs.dtype
    outputs = aligned_empty((N, OH, OW, pointwise.shape[3]), dtype)
    lanes = lanes_of(dtype.itemsize)
    factors = aligned_empty((window.size[0] * window.size[1], -(-C // lanes) * lanes), dtype)
    factors[:, :C], factors[:, C:] = depthwise.reshape(-1, C), 0
    others = np.empty((0,) * 4, dtype) if other is None else other
    lowest, bounds = (
        dtype.type(0 if relu_before else -np.inf),
        (dtype.type(0 if relu else -np.inf), dtype.type(ceiling)),
    )
    blocks, biases = conv2d_direct.in_blocks(pointwise, bias)
    with one_thread_if(conv2d.is_small(outputs.shape, C + depthwise.size // C)):
        separable_bands(
            inputs,
            lowest,
            factors,
            blocks,
            biases,
            others,
            bounds,
            window.arguments(H, W),
            (band_rows, group),
            outputs,
        )
    return outputs


def cut(window, C, N, OH, OW) -> tuple[int, int]:
    """Return how many rows of the outputs are a band, and how many images are taken together."""
    SH, SW = window.strides
    numbers = OW * C * SH * SW
    rows = max(1, min(OH, BAND_NUMBERS // max(1, numbers)))
    return rows, max(1, min(N, GROUP_PIXELS // max(1, OH * OW))) if rows == OH else 1


@compiled_parallel_products
def separable_bands(turns, inputs, lowest, factors, blocks, biases, others, bounds, geometry, size, outputs):
    """Write the outputs, piece by piece: a band of rows of one image, or several whole images.

    Args:
        lowest: 0 if a ReLU is in front, −∞ if not.
        factors: the depthwise kernel, (KH·KW, channels), where channels are C in whole vectors.
        blocks, biases: the pointwise kernel and the bias, see ``conv2d_direct.in_blocks``.
        others: what is added, of the outputs' shape; or empty.
        bounds: floor and ceiling of the outputs.
        size: the rows of a band, and the images of a piece.
    """
    (KH, KW, SH, SW, _, _, top, left), (band_rows, group) = geometry, size
    (N, OH, OW, F), C, channels = outputs.shape, inputs.shape[3], factors.shape[1]
    width = tile_width(inputs.itemsize)
    floor, ceiling = bounds
    floor_of_tile = inputs.dtype.type(-np.inf) if others.size else floor
    bands = (OH + band_rows - 1) // band_rows
    fours = (OW + PIXELS - 1) // PIXELS
    # Pixel w of a row belongs to the phase w mod SW: what windows meet at a place are then neighbours.
    phases, columns = min(SW, KW), fours * PIXELS + (KW - 1) // SW
    layout = SW, phases, columns, channels
    height, band_row = (band_rows - 1) * SH + KH, phases * columns * channels
    row_numbers = fours * PIXELS * channels
    no_steps, packed, factors = np.zeros(1, np.int64), blocks.reshape(-1), factors.reshape(-1)
    results, added = outputs.reshape(-1), others.reshape(-1)
    for piece in shared(turns, (N + group - 1) // group * bands):
        n, first = piece // bands * group, piece % bands * band_rows
        images, rows = min(group, N - n), min(band_rows, OH - first)
        band = aligned(height * band_row, inputs.dtype)
        spread = aligned(images * rows * row_numbers, inputs.dtype)
        for image in range(images):
            copy_band(inputs[n + image], first * SH - top, -left, lowest, layout, band)
            for row in range(rows):
                source = band[row * SH * band_row :]
                target = spread[(image * rows + row) * row_numbers :]
                spread_row(source, factors, (KH, KW), layout, fours, target)
        pixels = images * rows * OW
        starts, places = window_places(pixels, OW, row_numbers, channels, F)
        begin = (n * OH + first) * OW * F
        target = results[begin : begin + pixels * F]
        for block in range(blocks.shape[0]):
            filter = block * width
            right = (packed, filter * C, C * width, width)
            for pixel in range(0, pixels, ROWS):
                place = (target[filter:], places, pixel, min(width, F - filter))
                write_tile(
                    (spread, starts, pixel, 0),
                    (no_steps, C, 1),
                    right,
                    place,
                    (biases, filter),
                    floor_of_tile,
                )
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
def spread_row(source, factors, size, layout, fours, target):
    """Write a row of the depthwise convolution, ``fours`` · PIXELS pixels.

    Args:
        source: the band, from the first row of the windows on.
        size: KH and KW.
    """
    (KH, KW), (SW, phases, columns, channels) = size, layout
    lanes = tile_width(source.itemsize) // 2
    for c in range(0, channels, lanes):
        for four in range(fours):
            a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = every_lane(0, load(source, c))
            for kh in range(KH):
                for phase in range(phases):
                    x = ((kh * phases + phase) * columns + four * PIXELS) * channels + c
                    u0, u1, u2 = load(source, x), load(source, x + channels), load(source, x + 2 * channels)
                    u3, u4, u5 = (
                        load(source, x + 3 * channels),
                        load(source, x + 4 * channels),
                        load(source, x + 5 * channels),
                    )
                    u6 = load(source, x + 6 * channels)
                    x += 7 * channels
                    k, end = (kh * KW + phase) * channels + c, (kh + 1) * KW * channels
                    while k < end:  # LLVM would write out a ``for`` many times
                        factor, u7 = load(factors, k), load(source, x)
                        a0, a1, a2, a3 = (
                            a0 + u0 * factor,
                            a1 + u1 * factor,
                            a2 + u2 * factor,
                            a3 + u3 * factor,
                        )
                        a4, a5, a6, a7 = (
                            a4 + u4 * factor,
                            a5 + u5 * factor,
                            a6 + u6 * factor,
                            a7 + u7 * factor,
                        )
                        u0, u1, u2, u3, u4, u5, u6 = u1, u2, u3, u4, u5, u6, u7
                        x += channels
                        k += SW * channels
            to = four * PIXELS * channels + c
            store(target, to, a0)
            store(target, to + channels, a1)
            store(target, to + 2 * channels, a2)
            store(target, to + 3 * channels, a3)
            store(target, to + 4 * channels, a4)
            store(target, to + 5 * channels, a5)
            store(target, to + 6 * channels, a6)
            store(target, to + 7 * channels, a7)
