"""A band of rows in Winograd's convolution along the rows, forward and backward, see ``conv2d_rows``.

V is made of the band's rows of the image. Then the filters are taken block by block, as many as a tile of
registers is wide; and of a block vector by vector, where products become outputs and gradients become Y.
``kernels/row_points.py`` has the arrays and the products; ``kernels/row_quarters.py`` does the rest where a
max pooling with windows of 2×2 pixels follows.
"""

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.row_points import (
    add_products,
    convolve_points,
    empty_points,
    load_points,
    store_points,
    transform_rows,
    vector_of_filters,
)
from cnn_scratch.kernels.row_quarters import collect_windows, spread_windows
from cnn_scratch.kernels.row_transforms import M, transform_grads, transform_products
from cnn_scratch.kernels.vector import at_least, has_nan, load, load_some, store, where_positive
from cnn_scratch.kernels.window_vectors import store_part


@compiled
def convolve_band(band, kernel, tiles, target, pooled):
    """Compute the outputs of a band; return whether all are finite.

    Args:
        band, tiles: a ``Band``, and the ``Tiles`` of one with at least as many rows.
        kernel: U and biases (see ``conv2d_rows.transformed``), and the floor.
        target: the outputs, flat; may be empty if they are pooled.
        pooled: ``None``, or the ``Pooled`` outputs, if they are pooled in quarters.
    """
    U, biases, floor = kernel
    dtype = band.image.dtype
    V, products = empty_points(tiles.v_plane, dtype), empty_points(tiles.plane, dtype)
    transform_rows(band, tiles, V)
    is_finite = True
    for block in range(len(U)):
        convolve_points(V, U[block], tiles, band.rows, block, products)
        for column in range(0, min(tiles.width, tiles.F - block * tiles.width), tiles.width // 2):
            filters, finish = vector_of_filters(tiles, block, column), (biases, floor)
            if pooled is None:
                is_finite &= collect_rows(products, tiles, band.rows, filters, finish, target)
            else:
                is_finite &= collect_windows(products, tiles, band.rows, filters, finish, target, pooled)
    return is_finite


@compiled
def collect_rows(products, tiles, rows, filters, finish, target):
    """Write the outputs of a vector of filters; return whether all are finite.

    Args:
        finish: the biases of all filters, and the floor.
    """
    biases, floor = finish
    count, F, bias = filters.count, tiles.F, load(biases, filters.first)
    check = 0 * bias
    for tile in range(rows * tiles.across):
        row, pixel = tile // tiles.across, tile % tiles.across * M
        at = tile * tiles.width + filters.column
        y0, y1, y2, y3 = transform_products(*load_points(products, at, count))
        check = check + 0 * (y0 + y1 + (y2 + y3))  # 0·x is NaN if x is infinite or NaN
        to = (row * tiles.OW + pixel) * F + filters.first
        store_part(target, to, count, at_least(y0 + bias, floor))
        if pixel + 1 < tiles.OW:
            store_part(target, to + F, count, at_least(y1 + bias, floor))
        if pixel + 2 < tiles.OW:
            store_part(target, to + 2 * F, count, at_least(y2 + bias, floor))
        if pixel + 3 < tiles.OW:
            store_part(target, to + 3 * F, count, at_least(y3 + bias, floor))
    return not has_nan(check)


@compiled
def add_band(band, outputs, relu, grads, tiles, sums, pooled):
    """Add the gradients of kernel and bias that a band gives.

    Args:
        band, tiles: as above.
        outputs: the band's outputs, flat: where they are not positive, a ``relu`` stops the gradient.
        grads: ∂loss/∂outputs, flat; not read if they are ``pooled``.
        sums: ∂U (see ``add_products``) and ∂bias.
        pooled: ``None``, or the ``Pooled`` gradient, if the outputs were pooled in quarters.
    """
    of_kernel, of_bias = sums
    dtype = band.image.dtype
    V, Y = empty_points(tiles.v_plane, dtype), empty_points(tiles.plane, dtype)
    transform_rows(band, tiles, V)
    for block in range((tiles.F + tiles.width - 1) // tiles.width):
        for column in range(0, min(tiles.width, tiles.F - block * tiles.width), tiles.width // 2):
            filters = vector_of_filters(tiles, block, column)
            if pooled is None:
                spread_rows(outputs, relu, grads, tiles, band.rows, filters, Y, of_bias)
            else:
                spread_windows(outputs, relu, pooled, tiles, band.rows, filters, Y, of_bias)
        add_products(V, Y, tiles, band, block, of_kernel)


@compiled
def spread_rows(outputs, relu, grads, tiles, rows, filters, Y, of_bias):
    """Write Y of a vector of filters, and add the gradients to the bias'."""
    count, F, OW = filters.count, tiles.F, tiles.OW
    total = 0 * load(of_bias, filters.first)
    for tile in range(rows * tiles.across):
        row, pixel = tile // tiles.across, tile % tiles.across * M
        at = (row * OW + pixel) * F + filters.first
        values = transform_grads(
            gradient(outputs, relu, grads, at, count),
            gradient(outputs, relu, grads, at + F, count if pixel + 1 < OW else 0),
            gradient(outputs, relu, grads, at + 2 * F, count if pixel + 2 < OW else 0),
            gradient(outputs, relu, grads, at + 3 * F, count if pixel + 3 < OW else 0),
        )
        store_points(Y, tile * tiles.width + filters.column, values)
        total = total + values[1]  # at the point 1 a polynomial is the sum of its coefficients
    store(of_bias, filters.first, load(of_bias, filters.first) + total)


@compiled
def gradient(outputs, relu, grads, at, count):
    """Return a vector of gradients, with those not counted and, for a ReLU, those that it stops 0."""
    vector = load_some(grads, at, count)
    return where_positive(load_some(outputs, at, count), vector) if relu else vector
