"""The loops of a depthwise convolution: two vectors of channels for one pixel, or for four neighbours.

Four neighbours that meet the same places of the kernel (all that do not see the border) share what
they load. A window that moves on by one pixel meets, at each place, what the window before met at the
next one; so for four pixels a place needs one new vector of the image and one of the kernel::

    place         0    1    2             the vectors x0, x1, … of a row of the image
    pixel 0       x0   x1   x2
    pixel 1       x1   x2   x3
    pixel 2       x2   x3   x4
    pixel 3       x3   x4   x5            the new ones: x3, x4, x5

For the tables and the pairs of vectors see ``depthwise_conv2d``. What the loops are given comes in groups::

    places  = (x, other, k)              the first vector met is source[x], …, the second ``other`` behind it;
                                         the first factors are kernel[k], …, the second ones follow
    down, across = (count, step, step)   how many meetings an axis has, and the steps to the next one: in
                                         ``source`` and in ``kernel``
    tables  = (rows, columns, steps)     see ``depthwise_conv2d.tables_of``
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import VECTOR_BYTES, between, load, store

# An image is cut into bands of output rows with about this many numbers, so that a single image
# occupies several threads.
BAND_NUMBERS = 2**15


@compiled
def sum_of_one(source, kernel, places, down, across, biases):
    """Return two vectors of sums for one pixel: of the products with all that it meets, and the biases."""
    (x, other, k), (count, x_down, k_down) = places, down
    a, b = biases
    half = VECTOR_BYTES // kernel.itemsize
    for _ in range(count):
        i, j = x, k
        # ``for`` would be unrolled many times; but most kernels have three places across.
        while j != k + across[0] * across[2]:
            a = a + load(source, i) * load(kernel, j)
            b = b + load(source, i + other) * load(kernel, j + half)
            i += across[1]
            j += across[2]
        x += x_down
        k += k_down
    return a, b


@compiled
def sums_of_four(source, kernel, places, down, across, biases):
    """Return the same for four pixels that meet the same places.

    What one of them meets at a place, the one before meets at the next place: each vector of the
    source is loaded once.
    """
    (x, other, k), (count, x_down, k_down) = places, down
    step = across[1]
    a0 = a1 = a2 = a3 = biases[0]
    b0 = b1 = b2 = b3 = biases[1]
    half = VECTOR_BYTES // kernel.itemsize
    for _ in range(count):
        i, j = x, k
        u0, u1, u2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
        i += other
        v0, v1, v2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
        i += 3 * step
        while j != k + across[0] * across[2]:
            factor, u3 = load(kernel, j), load(source, i - other)
            a0, a1, a2, a3 = a0 + u0 * factor, a1 + u1 * factor, a2 + u2 * factor, a3 + u3 * factor
            u0, u1, u2 = u1, u2, u3
            factor, v3 = load(kernel, j + half), load(source, i)
            b0, b1, b2, b3 = b0 + v0 * factor, b1 + v1 * factor, b2 + v2 * factor, b3 + v3 * factor
            v0, v1, v2 = v1, v2, v3
            i += step
            j += across[2]
        x += x_down
        k += k_down
    return (a0, a1, a2, a3), (b0, b1, b2, b3)


@compiled_parallel_products
def slide(turns, inputs, in_pairs, finish, tables, images, target):
    """Write ``target = clip(Σ inputs · kernel + bias, floor, ceiling)``, summed over what meets each pixel.

    Args:
        inputs: (N, H, W, C).
        in_pairs: the kernel in pairs of vectors, (pairs, KH·KW, 2·LANES), and the first channel of each
            vector, (pairs, 2).
        finish: the bias (C,); floor and ceiling, 0 and ∞ for ReLU, −∞ and ∞ for none.
        images: how many images a pair of vectors belongs to. If there are two, the second vector is that of
            the next image.
        target: (N, OH, OW, C).
    """
    (kernel, starts), (bias, floor, ceiling), (rows, columns, steps) = in_pairs, finish, tables
    N, OH, OW, C = target.shape
    H, W = inputs.shape[1:3]
    source, outputs = inputs.reshape(-1), target.reshape(-1)
    pairs, size, width = kernel.shape
    numbers = kernel.reshape(-1)
    band_rows = min(OH, 1 + BAND_NUMBERS // (OW * C))
    bands = (OH + band_rows - 1) // band_rows
    for piece in shared(turns, (N + images - 1) // images * bands):
        n, first = piece // bands * images, piece % bands * band_rows
        # The last image is its own next one.
        next_image = min(images, N - n) - 1
        to_next_source, to_next_target = next_image * H * W * C, next_image * OH * OW * C
        for row in range(first, min(first + band_rows, OH)):
            down = (rows[row, 0], steps[0] * W * C, steps[1] * steps[4] * width)
            for g in range(columns.shape[0]):
                across = (columns[g, 0], steps[2] * C, steps[3] * width)
                of_source = ((n * H + rows[row, 1]) * W + columns[g, 1]) * C
                of_kernel = (rows[row, 2] * steps[4] + columns[g, 2]) * width
                of_target = ((n * OH + row) * OW + columns[g, 3]) * C
                for pair in range(pairs):
                    channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
                    first_factor = of_kernel + pair * size * width
                    places = (of_source + channel, other + to_next_source, first_factor)
                    biases = load(bias, channel), load(bias, channel + other)
                    o = of_target + channel
                    p = o + other + to_next_target
                    if columns[g, 4] == 1:
                        a, b = sum_of_one(source, numbers, places, down, across, biases)
                        store(outputs, o, between(a, floor, ceiling))
                        store(outputs, p, between(b, floor, ceiling))
                    else:
                        a4, b4 = sums_of_four(source, numbers, places, down, across, biases)
                        store(outputs, o, between(a4[0], floor, ceiling))
                        store(outputs, o + C, between(a4[1], floor, ceiling))
                        store(outputs, o + 2 * C, between(a4[2], floor, ceiling))
                        store(outputs, o + 3 * C, between(a4[3], floor, ceiling))
                        store(outputs, p, between(b4[0], floor, ceiling))
                        store(outputs, p + C, between(b4[1], floor, ceiling))
                        store(outputs, p + 2 * C, between(b4[2], floor, ceiling))
                        store(outputs, p + 3 * C, between(b4[3], floor, ceiling))


@compiled
def add_products_of_one(source, grads, sums, places, of_grads, down, across):
    """Add the products of one pixel's gradient with all that it meets to the sums of their places.

    Args:
        sums: they lie as the factors of ``sum_of_one`` do.
        of_grads: (g, step from one pixel to the next): the gradients of the first vector are ``grads[g]``, ….
    """
    (x, other, k), (g, _), (count, x_down, k_down) = places, of_grads, down
    a, b = load(grads, g), load(grads, g + other)
    half = VECTOR_BYTES // sums.itemsize
    for _ in range(count):
        i, j = x, k
        while j != k + across[0] * across[2]:
            store(sums, j, load(sums, j) + load(source, i) * a)
            store(sums, j + half, load(sums, j + half) + load(source, i + other) * b)
            i += across[1]
            j += across[2]
        x += x_down
        k += k_down


@compiled
def add_products_of_four(source, grads, sums, places, of_grads, down, across):
    """Do the same for four pixels that meet the same places."""
    (x, other, k), (g, next_grad), (count, x_down, k_down) = places, of_grads, down
    step = across[1]
    a0, a1 = load(grads, g), load(grads, g + next_grad)
    a2, a3 = load(grads, g + 2 * next_grad), load(grads, g + 3 * next_grad)
    g += other
    b0, b1 = load(grads, g), load(grads, g + next_grad)
    b2, b3 = load(grads, g + 2 * next_grad), load(grads, g + 3 * next_grad)
    half = VECTOR_BYTES // sums.itemsize
    for _ in range(count):
        i, j = x, k
        u0, u1, u2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
        i += other
        v0, v1, v2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
        i += 3 * step
        while j != k + across[0] * across[2]:
            u3, v3 = load(source, i - other), load(source, i)
            store(sums, j, load(sums, j) + u0 * a0 + u1 * a1 + u2 * a2 + u3 * a3)
            store(sums, j + half, load(sums, j + half) + v0 * b0 + v1 * b1 + v2 * b2 + v3 * b3)
            u0, u1, u2 = u1, u2, u3
            v0, v1, v2 = v1, v2, v3
            i += step
            j += across[2]
        x += x_down
        k += k_down


@compiled_parallel_products
def sum_products(turns, inputs, grads, starts, tables, partial):
    """Add up, for each piece of the rows, what each place of the kernel meets: inputs · ∂loss/∂outputs.

    Args:
        inputs: (N, H, W, C).
        grads: ∂loss/∂outputs, (N, OH, OW, C).
        starts: the first channel of each vector, (pairs, 2).
        partial: (pieces, pairs, KH·KW + 1, 2·LANES), zeros; the last row is the bias's.
    """
    rows, columns, steps = tables
    N, OH, _, C = grads.shape
    W = inputs.shape[2]
    pieces, pairs, size, width = partial.shape
    lanes = width // 2
    for piece in shared(turns, pieces):
        begin, end = piece * N * OH // pieces, (piece + 1) * N * OH // pieces
        total = partial[piece].reshape(-1)
        # The sum of one image at a time: shorter sums lose fewer digits.
        sums = np.zeros(total.size, total.dtype)
        for image_row in range(begin, end):
            row = image_row % OH
            source, row_grads = inputs[image_row // OH].reshape(-1), grads[image_row // OH, row].reshape(-1)
            down = (rows[row, 0], steps[0] * W * C, steps[1] * steps[4] * width)
            for g in range(columns.shape[0]):
                across = (columns[g, 0], steps[2] * C, steps[3] * width)
                of_source = (rows[row, 1] * W + columns[g, 1]) * C
                of_kernel = (rows[row, 2] * steps[4] + columns[g, 2]) * width
                first_grad = columns[g, 3] * C
                for pair in range(pairs):
                    channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
                    places = (of_source + channel, other, of_kernel + pair * size * width)
                    o, bias = first_grad + channel, (pair + 1) * size * width - width
                    for pixel in range(columns[g, 4]):
                        a, b = load(row_grads, o + pixel * C), load(row_grads, o + pixel * C + other)
                        store(sums, bias, load(sums, bias) + a)
                        store(sums, bias + lanes, load(sums, bias + lanes) + b)
                    if columns[g, 4] == 1:
                        add_products_of_one(source, row_grads, sums, places, (o, C), down, across)
                    else:
                        add_products_of_four(source, row_grads, sums, places, (o, C), down, across)
            if row == OH - 1 or image_row == end - 1:
                for i in range(sums.size):
                    total[i] += sums[i]
                    sums[i] = 0
