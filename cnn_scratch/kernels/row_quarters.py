"""A band of rows whose pooling has windows of 2×2 pixels, side by side: they are pooled in registers.

That is the rule (``in_quarters``), and then a tile of ``conv2d_rows`` is half of two windows, the upper or
the lower one. What a pair of tiles gives is pooled before it is stored; and what a tile takes back, the
gradient of its outputs, is made of that of the pooling's outputs and never stored. This saves passes over the
band, which is too large for a first-level cache.

The names are those of ``row_bands`` and ``conv2d_rows_pooled``.
"""

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.normalized_max_pooling2d import part_of_vectors
from cnn_scratch.kernels.row_bands import (
    add_products,
    convolve_points,
    load_points,
    store_points,
    transform_rows,
)
from cnn_scratch.kernels.row_transforms import SIZE, M, transform_grads, transform_products
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import aligned, at_least, has_nan, load, store, where_positive
from cnn_scratch.kernels.window_vectors import every_lane, keep_larger, load_part, store_part, where_place


@compiled
def in_quarters(windows, OH, OW):
    """Return whether the windows of a pooling are 2×2 pixels each, and whole tiles are whole windows."""
    return windows == (2, 2, 2, 2, 1, 1, 0, 0) and OH % 2 == 0 and OW % M == 0


@compiled
def convolve_quarters(image, U, bias_and_floor, geometry, layout, first, rows, target, keeps, pooled):
    """Do what ``row_bands.convolve_band`` does, and pool the outputs.

    Args:
        keeps: whether the outputs are written to ``target``.
        pooled: the pooling's outputs, their places, the number of the band's first window, and mean, scale
            and shift.
    """
    (OW, across), (v_plane, p_plane), _ = layout
    blocks, width = U.shape[0], U.shape[3]
    biases, floor = bias_and_floor
    F, lanes = pooled[0].shape[3], width // 2
    V, products = aligned(SIZE * v_plane, image.dtype), aligned(SIZE * p_plane, image.dtype)
    transform_rows(image, geometry, first, rows + geometry[0] - 1, across, V, v_plane)
    is_finite = True
    for block in range(blocks):
        filter = block * width
        convolve_points(V, U[block], layout, rows, min(width, F - filter), products)
        for f in range(filter, min(filter + width, F), lanes):
            of_filters = f, min(lanes, F - f), load(biases, f), floor
            where = f - filter, width, p_plane
            is_finite &= collect_windows(
                products, where, rows, across, of_filters, (OW, F), target, keeps, pooled
            )
    return is_finite


@compiled
def collect_windows(products, where, rows, across, of_filters, size, target, keeps, pooled):
    """Write and pool the outputs of a vector of filters; return whether all are finite."""
    start, width, plane = where
    f, count, bias, floor = of_filters
    OW, F = size
    outputs, places, window, (mean, scale, shift) = pooled
    of_channels = load_part(mean, f, count), load_part(scale, f, count), load_part(shift, f, count)
    check = 0 * bias
    for tile in range(rows // 2 * across):
        row, pixel = tile // across * 2, tile % across * M
        at = start + (row * across + tile % across) * width
        a, b, c, d = transform_products(*load_points(products, at, count, plane))
        check = check + 0 * (a + b + (c + d))  # 0·x is NaN if x is infinite or NaN
        a, b, c, d = floored(a, b, c, d, bias, floor)
        p, q, r, s = transform_products(*load_points(products, at + across * width, count, plane))
        check = check + 0 * (p + q + (r + s))
        p, q, r, s = floored(p, q, r, s, bias, floor)
        if keeps:
            store_pixels(target, (row * OW + pixel) * F + f, F, count, a, b, c, d)
            store_pixels(target, ((row + 1) * OW + pixel) * F + f, F, count, p, q, r, s)
        to = (window + row // 2 * (OW // 2) + pixel // 2) * F + f
        pool_four(a, b, p, q, of_channels, to, count, outputs, places)
        pool_four(c, d, r, s, of_channels, to + F, count, outputs, places)
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
def store_pixels(target, at, F, count, a, b, c, d):
    """Write the vectors of four pixels side by side."""
    store_part(target, at, count, a)
    store_part(target, at + F, count, b)
    store_part(target, at + 2 * F, count, c)
    store_part(target, at + 3 * F, count, d)


@compiled
def pool_four(a, b, c, d, of_channels, to, count, outputs, places):
    """Write the largest ``(x − mean) · scale + shift`` of the four pixels of a window, and its place."""
    mean, scale, shift = of_channels
    y = (a - mean) * scale + shift
    kept = y, every_lane(0, y)
    y = (b - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(1, y)))
    y = (c - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(2, y)))
    y = (d - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(3, y)))
    store_part(outputs, to, count, kept[0])
    store_part(places, to, count, kept[1])


@compiled
def add_quarters(image, outputs, relu, gradient, geometry, layout, first, sums, total_bias):
    """Add ∂U and ∂bias of a band whose gradient is not written down.

    Args:
        image: (H, W, C).
        outputs: those of the convolution in this band, (rows, OW, F).
        gradient: grad_outputs, places, the number of the band's first window in them, and the vectors.
        first: the first row of the band.
    """
    (_, across), (v_plane, y_plane), _ = layout
    rows, _, F = outputs.shape
    width = tile_width(image.itemsize)
    lanes = width // 2
    V, Y = aligned(SIZE * v_plane, image.dtype), aligned(SIZE * y_plane, image.dtype)
    transform_rows(image, geometry, first, rows + geometry[0] - 1, across, V, v_plane)
    for filter in range(0, F, width):
        for f in range(filter, min(filter + width, F), lanes):
            where = f - filter, width, y_plane
            spread_windows(outputs, relu, gradient, (f, min(lanes, F - f)), across, where, Y, total_bias)
        add_products(V, Y, layout, rows, (geometry[0], image.shape[2]), (filter, F), sums)


@compiled
def spread_windows(outputs, relu, gradient, of_filters, across, where, Y, total_bias):
    """Do what ``row_bands.spread_rows`` does, for windows of 2×2 pixels side by side.

    The gradients are those that ``normalized_max_pooling2d.unpool_rows`` would write.
    """
    grad_outputs, places, window, vectors = gradient
    rows, OW, F = outputs.shape
    f, count = of_filters
    start, width, plane = where
    of_channels = part_of_vectors(vectors, f, count)
    total = 0 * load(total_bias, f)
    for tile in range(rows * across):
        row, pixel = tile // across, tile % across * M
        at = (row * OW + pixel) * F + f
        to = (window + row // 2 * (OW // 2) + pixel // 2) * F + f
        left, right = row % 2 * 2, row % 2 * 2 + 1  # places
        g, h = load_part(grad_outputs, to, count), load_part(grad_outputs, to + F, count)
        g, h = g * of_channels[0], h * of_channels[0]
        values = transform_grads(
            of_pixel(outputs, at, count, relu, where_place(places, to, count, left, g), of_channels),
            of_pixel(outputs, at + F, count, relu, where_place(places, to, count, right, g), of_channels),
            of_pixel(
                outputs, at + 2 * F, count, relu, where_place(places, to + F, count, left, h), of_channels
            ),
            of_pixel(
                outputs, at + 3 * F, count, relu, where_place(places, to + F, count, right, h), of_channels
            ),
        )
        store_points(Y, start + tile * width, plane, values)
        total = total + values[1]  # at the point 1 a polynomial is the sum of its coefficients
    store(total_bias, f, load(total_bias, f) + total)


@compiled
def of_pixel(outputs, at, count, relu, grad, of_channels):
    """Return ``grad − (x − mean) · slope − shift`` for the numbers x from ``at`` on, or 0 by ReLU."""
    _, mean, slope, shift = of_channels
    x = load_part(outputs, at, count)
    grad = grad - ((x - mean) * slope + shift)
    return where_positive(x, grad) if relu else grad
