"""A band of rows in Winograd's convolution along the rows: see ``conv2d_rows``, whose names these are.

In V the tiles of a row stand side by side, channel by channel, so that the transform has whole vectors
however few channels there are, and so that the KH·C numbers of a sum are at equal distances. A row has one
tile more than the outputs: the second half of a window is the first half of the next one.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.row_transforms import SIZE, M, transform_grads, transform_inputs, transform_products
from cnn_scratch.kernels.tile import ROWS, add_tile, tile_width, write_tile
from cnn_scratch.kernels.vector import aligned, at_least, has_nan, load, load_some, store, where_positive
from cnn_scratch.kernels.window_vectors import load_part, store_part

# Numbers between two points' parts of an array: a vector may reach beyond a part's end.
GAP = 16


@compiled
def layout_of_band(geometry, C, rows, OW, width):
    """Return how the tiles of so many rows of outputs lie in V and in the products.

    They are: (OW, tiles of a row); the numbers of V and of the products for each point; where in V the first
    number of each tile is, and where its row of the products begins. The last two are filled up to whole
    tiles of registers by repeating the last tile.
    """
    across = (OW + M - 1) // M
    tiles = (rows * across + ROWS - 1) // ROWS * ROWS
    starts, places = np.empty(tiles, np.int64), np.empty(tiles, np.int64)
    for t in range(tiles):
        tile = min(t, rows * across - 1)
        starts[t] = tile // across * C * (across + 1) + tile % across
        places[t] = tile * width
    planes = (rows + geometry[0] - 1) * C * (across + 1) + GAP, tiles * width + GAP
    return (OW, across), planes, (starts, places)


@compiled
def convolve_band(image, U, bias_and_floor, geometry, layout, first, rows, target):
    """Write so many rows of outputs, from the row ``first`` on, to the flat ``target``; are all finite?"""
    KH = geometry[0]
    (OW, across), (v_plane, p_plane), _ = layout
    blocks, width = U.shape[0], U.shape[3]
    biases, floor = bias_and_floor
    F, lanes = target.size // (rows * OW), width // 2
    V, products = aligned(SIZE * v_plane, image.dtype), aligned(SIZE * p_plane, image.dtype)
    transform_rows(image, geometry, first, rows + KH - 1, across, V, v_plane)
    is_finite = True
    for block in range(blocks):
        filter = block * width
        convolve_points(V, U[block], layout, rows, min(width, F - filter), products)
        for f in range(filter, min(filter + width, F), lanes):
            of_filters = f, min(lanes, F - f), load(biases, f), floor
            where = f - filter, width, p_plane
            is_finite &= collect_rows(products, where, rows, across, of_filters, (OW, F), target)
    return is_finite


@compiled
def convolve_points(V, U, layout, rows, filters, products):
    """Write the products of a tile's width of filters, or of so many of them."""
    (_, across), (v_plane, p_plane), (starts, places) = layout
    _, terms, width = U.shape
    half = width // 4  # of a vector
    columns = (filters + half - 1) // half * half
    no_steps, no_bias, lowest = np.zeros(1, np.int64), np.zeros(width, V.dtype), V.dtype.type(-np.inf)
    for p in range(SIZE):
        right = (U[p].reshape(-1), 0, 0, width)
        for t in range(0, rows * across, ROWS):
            left = (V, starts, t, p * v_plane)
            to = (products[p * p_plane :], places, t, columns)
            write_tile(left, (no_steps, terms, across + 1), right, to, (no_bias, 0), lowest)


@compiled
def transform_rows(image, geometry, first, rows, across, V, plane):
    """Write V of so many rows of the image, from the first one that the output row ``first`` sees."""
    H, _, C = image.shape
    top, left = geometry[6], geometry[7]
    lanes = tile_width(image.itemsize) // 2
    # The pixels of each row are dealt to M arrays in turn: in these, what is near in V is near, too.
    row_numbers = C * (across + 1)
    numbers = rows * row_numbers
    size = numbers + 2 * lanes
    dealt = np.zeros(M * size, image.dtype)
    begin, places = places_of_pixels(image.shape, left, across, size)
    for row in range(max(0, top - first), min(rows, H + top - first)):
        pixels = image[first - top + row].reshape(-1)[begin:]
        target = dealt[row * row_numbers :]
        for k in range(places.size):
            target[places[k]] = pixels[k]
    for q in range(0, numbers, lanes):
        x0, x4 = load(dealt, q), load(dealt, q + 1)
        x1, x5 = load(dealt, size + q), load(dealt, size + q + 1)
        x2, x6 = load(dealt, 2 * size + q), load(dealt, 2 * size + q + 1)
        x3, x7 = load(dealt, 3 * size + q), load(dealt, 3 * size + q + 1)
        store_points(V, q, plane, transform_inputs(x0, x1, x2, x3, x4, x5, x6, x7))


@compiled
def places_of_pixels(image_shape, left, across, size):
    """Return the first number of an image's row that is dealt, and where it and each behind it go."""
    _, W, C = image_shape
    begin, end = max(0, -left), min(W, M * (across + 1) - left)
    places = np.empty(max(0, end - begin) * C, np.int64)
    for k in range(places.size):
        pixel, c = begin + k // C + left, k % C
        places[k] = pixel % M * size + c * (across + 1) + pixel // M
    return begin * C, places


@compiled
def store_points(array, start, plane, values):
    """Write a vector to each point's part of an array."""
    store(array, start, values[0])
    store(array, start + plane, values[1])
    store(array, start + 2 * plane, values[2])
    store(array, start + 3 * plane, values[3])
    store(array, start + 4 * plane, values[4])
    store(array, start + 5 * plane, values[5])
    store(array, start + 6 * plane, values[6])
    store(array, start + 7 * plane, values[7])


@compiled
def load_points(array, start, count, plane):
    """Return a vector of each point's part of an array."""
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


@compiled
def collect_rows(products, where, rows, across, of_filters, size, target):
    """Write the outputs of a vector of filters; return whether all are finite."""
    start, width, plane = where
    f, count, bias, floor = of_filters
    OW, F = size
    check = 0 * bias
    for tile in range(rows * across):
        row, pixel = tile // across, tile % across * M
        at = start + tile * width
        y0, y1, y2, y3 = transform_products(*load_points(products, at, count, plane))
        check = check + 0 * (y0 + y1 + (y2 + y3))  # 0·x is NaN if x is infinite or NaN
        to = (row * OW + pixel) * F + f
        store_part(target, to, count, at_least(y0 + bias, floor))
        if pixel + 1 < OW:
            store_part(target, to + F, count, at_least(y1 + bias, floor))
        if pixel + 2 < OW:
            store_part(target, to + 2 * F, count, at_least(y2 + bias, floor))
        if pixel + 3 < OW:
            store_part(target, to + 3 * F, count, at_least(y3 + bias, floor))
    return not has_nan(check)


@compiled
def add_band(image, grads, masks, relu, geometry, layout, first, rows, sums, total_bias):
    """Add ∂U and ∂bias of so many rows of outputs, from the row ``first`` on."""
    (OW, across), (v_plane, y_plane), _ = layout
    width = tile_width(image.itemsize)
    F, lanes = grads.size // (rows * OW), width // 2
    V, Y = aligned(SIZE * v_plane, image.dtype), aligned(SIZE * y_plane, image.dtype)
    transform_rows(image, geometry, first, rows + geometry[0] - 1, across, V, v_plane)
    for filter in range(0, F, width):
        for f in range(filter, min(filter + width, F), lanes):
            where = f - filter, width, y_plane
            spread_rows(
                grads, masks, relu, rows, across, (f, min(lanes, F - f)), (OW, F), where, Y, total_bias
            )
        add_products(V, Y, layout, rows, (geometry[0], image.shape[2]), (filter, F), sums)


@compiled
def add_products(V, Y, layout, rows, size, filters, sums):
    """Add ∂U of a tile's width of filters.

    Args:
        size: KH and C.
        filters: the first of them, and F.
    """
    (KH, C), (filter, F) = size, filters
    (_, across), (v_plane, y_plane), _ = layout
    _, patch_rows, row_length = sums.shape
    width = tile_width(V.itemsize)
    lanes = width // 2
    steps, starts, to = (
        np.empty(rows, np.int64),
        np.empty(patch_rows, np.int64),
        np.empty(patch_rows, np.int64),
    )
    for row in range(rows):
        steps[row] = row * C * (across + 1)
    for k in range(patch_rows):
        starts[k], to[k] = min(k, KH * C - 1) * (across + 1), k * row_length
    flat = sums.reshape(-1)
    columns = min(width, (F - filter + lanes // 2 - 1) // (lanes // 2) * (lanes // 2))
    for p in range(SIZE):
        right = (Y, p * y_plane, across * width, width)
        for k in range(0, patch_rows, ROWS):
            target = (flat[p * patch_rows * row_length + filter :], to, k, columns)
            add_tile((V, starts, k, p * v_plane), (steps, across, 1), right, target)


@compiled
def spread_rows(grads, masks, relu, rows, across, of_filters, size, where, Y, total_bias):
    """Write Y of a vector of filters, and add the gradients to the bias'."""
    f, count = of_filters
    OW, F = size
    start, width, plane = where
    total = 0 * load(total_bias, f)
    for tile in range(rows * across):
        row, pixel = tile // across, tile % across * M
        at = (row * OW + pixel) * F + f
        values = transform_grads(
            gradient(grads, masks, relu, at, count),
            gradient(grads, masks, relu, at + F, count if pixel + 1 < OW else 0),
            gradient(grads, masks, relu, at + 2 * F, count if pixel + 2 < OW else 0),
            gradient(grads, masks, relu, at + 3 * F, count if pixel + 3 < OW else 0),
        )
        store_points(Y, start + tile * width, plane, values)
        total = total + values[1]  # at the point 1 a polynomial is the sum of its coefficients
    store(total_bias, f, load(total_bias, f) + total)


@compiled
def gradient(grads, masks, relu, at, count):
    """Return a vector of gradients, with those not counted and, for a ReLU, those that it stops 0."""
    vector = load_some(grads, at, count)
    return where_positive(load_some(masks, at, count), vector) if relu else vector
