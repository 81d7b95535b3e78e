"""A band of rows whose pooling has windows of 2×2 pixels, side by side: they are pooled in registers.

That is the rule (``in_quarters``), and then a tile of ``conv2d_rows`` is half of two windows, the upper or
the lower one. What a pair of tiles gives is pooled before it is stored; and what a tile takes back, the
gradient of its outputs, is made of that of the pooling's outputs and never stored. This saves passes over the
band, which is too large for a first-level cache.

The names are those of ``row_bands`` and ``conv2d_rows_pooled``.
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.max_pooling2d import pool_four
from cnn_scratch.kernels.normalized_max_pooling2d import part_of_vectors
from cnn_scratch.kernels.row_points import load_points, store_points
from cnn_scratch.kernels.row_transforms import M, transform_grads, transform_products
from cnn_scratch.kernels.vector import at_least, has_nan, load, store, where_positive
from cnn_scratch.kernels.window_vectors import load_part, store_part, where_place


class Pooled(NamedTuple):
    """What a pooling gives, or its gradient.

    Args:
        numbers: the pooling's outputs, or the gradient of the loss with respect to them.
        places: of each output, the place of its pixel in the window.
        window: the number of the band's first window in these arrays.
        vectors: forward mean, scale and shift; backward scale, mean, slope and shift.
    """

    numbers: np.ndarray
    places: np.ndarray
    window: int
    vectors: tuple


@compiled
def in_quarters(windows, OH, OW):
    """Return whether the windows of a pooling are 2×2 pixels each, and whole tiles are whole windows."""
    return windows == (2, 2, 2, 2, 1, 1, 0, 0) and OH % 2 == 0 and OW % M == 0


@compiled
def collect_windows(products, tiles, rows, filters, finish, target, pooled):
    """Do what ``row_bands.collect_rows`` does, and pool the outputs; an empty target is not written to."""
    (biases, floor), (mean, scale, shift) = finish, pooled.vectors
    outputs, places, window, _ = pooled
    f, count, across, F, OW = filters.first, filters.count, tiles.across, tiles.F, tiles.OW
    bias = load(biases, f)
    of_channels = load_part(mean, f, count), load_part(scale, f, count), load_part(shift, f, count)
    check = 0 * bias
    for tile in range(rows // 2 * across):
        row, pixel = tile // across * 2, tile % across * M
        upper = row * across + tile % across  # the tile; the lower one is below it
        at = upper * tiles.width + filters.column
        a, b, c, d = transform_products(*load_points(products, at, count))
        check = check + 0 * (a + b + (c + d))  # 0·x is NaN if x is infinite or NaN
        a, b, c, d = floored(a, b, c, d, bias, floor)
        at += across * tiles.width
        p, q, r, s = transform_products(*load_points(products, at, count))
        check = check + 0 * (p + q + (r + s))
        p, q, r, s = floored(p, q, r, s, bias, floor)
        if target.size > 0:
            store_pixels(target, (row * OW + pixel) * F + f, F, count, (a, b, c, d))
            store_pixels(target, ((row + 1) * OW + pixel) * F + f, F, count, (p, q, r, s))
        to = (window + row // 2 * (OW // 2) + pixel // 2) * F + f
        pool_four((a, b, p, q), of_channels, to, count, outputs, places)
        pool_four((c, d, r, s), of_channels, to + F, count, outputs, places)
    return not has_nan(check)


@compiled
def floored(a, b, c, d, bias, floor):
    """Return ``max(x + bias, floor)`` of each."""
    return (
        at_least(a + bias, floor),
        at_least(b + bias, floor),
        at_least(c + bias, floor),
        at_least(d + bias, floor),
    )


@compiled
def store_pixels(target, at, F, count, pixels):
    """Write the vectors of four pixels side by side."""
    store_part(target, at, count, pixels[0])
    store_part(target, at + F, count, pixels[1])
    store_part(target, at + 2 * F, count, pixels[2])
    store_part(target, at + 3 * F, count, pixels[3])


@compiled
def spread_windows(outputs, relu, pooled, tiles, rows, filters, Y, of_bias):
    """Do what ``row_bands.spread_rows`` does, with a gradient that is not written down.

    It is the one that ``normalized_max_pooling2d.unpool_rows`` would write.
    """
    grad_outputs, places, window, vectors = pooled
    f, count, F, OW = filters.first, filters.count, tiles.F, tiles.OW
    of_channels = part_of_vectors(vectors, f, count)
    total = 0 * load(of_bias, f)
    for tile in range(rows * tiles.across):
        row, pixel = tile // tiles.across, tile % tiles.across * M
        at = (row * OW + pixel) * F + f
        to = (window + row // 2 * (OW // 2) + pixel // 2) * F + f
        left, right = row % 2 * 2, row % 2 * 2 + 1  # places
        g = load_part(grad_outputs, to, count) * of_channels[0]
        h = load_part(grad_outputs, to + F, count) * of_channels[0]
        a, b = where_place(places, to, count, left, g), where_place(places, to, count, right, g)
        c, d = where_place(places, to + F, count, left, h), where_place(places, to + F, count, right, h)
        values = transform_grads(
            of_pixel(outputs, at, count, relu, a, of_channels),
            of_pixel(outputs, at + F, count, relu, b, of_channels),
            of_pixel(outputs, at + 2 * F, count, relu, c, of_channels),
            of_pixel(outputs, at + 3 * F, count, relu, d, of_channels),
        )
        store_points(Y, tile * tiles.width + filters.column, values)
        total = total + values[1]  # at the point 1 a polynomial is the sum of its coefficients
    store(of_bias, f, load(of_bias, f) + total)


@compiled
def of_pixel(outputs, at, count, relu, grad, of_channels):
    """Return ``grad − (x − mean) · slope − shift`` for the numbers x from ``at`` on, or 0 by ReLU."""
    _, mean, slope, shift = of_channels
    x = load_part(outputs, at, count)
    grad = grad - ((x - mean) * slope + shift)
    return where_positive(x, grad) if relu else grad
