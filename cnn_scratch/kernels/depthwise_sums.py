"""The loops of a depthwise convolution: two vectors of channels for one pixel, or for four neighbours.

Four neighbours that meet the same places of the kernel (all that do not see the border) share what
they load. A window that moves on by one pixel meets, at each place, what the window before met at the
next one; so for four pixels a place needs one new vector of the image and one of the kernel::

    place         0    1    2             the vectors x0, x1, … of a row of the image
    pixel 0       x0   x1   x2
    pixel 1       x1   x2   x3
    pixel 2       x2   x3   x4
    pixel 3       x3   x4   x5            the new ones: x3, x4, x5

For the tables and the pairs of vectors see ``depthwise_conv2d``. The arrays ``source``, ``outputs`` and
``grads`` are flat; what else the loops are given comes in groups::

    factors = (kernel, starts, size)     the kernel in pairs of vectors, the first channel of each vector, and
                                         how many numbers of the kernel belong to a pair
    run = (x, k, o, fours)               a run of pixels of the outputs, ``fours`` times four neighbours, or
                                         one pixel; it begins at outputs[o] or grads[o], and what it meets
                                         first at source[x], with the factors that begin at kernel[k]
    down, across = (count, step, step)   how many meetings an axis has, and the steps to the next one: in
                                         ``source`` and in ``kernel``
    next_image = (step, step)            from the first image of a pair to the second: in ``source`` and in
                                         ``outputs``
    tables  = (rows, columns, steps)     see ``depthwise_conv2d.tables_of``

Loops over places are ``while`` loops: a ``for`` would be unrolled many times, and most kernels have three.
"""

from cnn_scratch.kernels.compile import compiled, compiled_in_place, compiled_parallel_products
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import aligned, between, lanes_in, load, store

# An image is cut into bands of output rows with about this many numbers, so that a single image
# occupies several threads.
BAND_NUMBERS = 2**15


@compiled_in_place
def write_one(source, factors, run, down, across, next_image, finish, outputs):
    """Write one pixel: the sums of the products with all that it meets, and the biases."""
    (kernel, starts, size), (x, k, o, _), (bias, floor, ceiling) = factors, run, finish
    half = lanes_in(kernel)
    for pair in range(starts.shape[0]):
        channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
        a, b = load(bias, channel), load(bias, channel + other)
        pixel, place, to_other = x + channel, k + pair * size, other + next_image[0]
        last = place + down[0] * down[2]
        while place != last:
            i, j = pixel, place
            while j != place + across[0] * across[2]:
                a = a + load(source, i) * load(kernel, j)
                b = b + load(source, i + to_other) * load(kernel, j + half)
                i += across[1]
                j += across[2]
            pixel += down[1]
            place += down[2]
        store(outputs, o + channel, between(a, floor, ceiling))
        store(outputs, o + channel + other + next_image[1], between(b, floor, ceiling))


@compiled
def write_fours(source, factors, run, down, across, next_image, finish, outputs):
    """Write neighbours that meet the same places, four at a time.

    What one of them meets at a place, the one before meets at the next place: each vector of the
    source is loaded once.
    """
    (kernel, starts, size), (x, k, o, fours), (bias, floor, ceiling) = factors, run, finish
    half, step, C = lanes_in(kernel), across[1], bias.size
    for _ in range(fours):
        for pair in range(starts.shape[0]):
            channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
            a0 = a1 = a2 = a3 = load(bias, channel)
            b0 = b1 = b2 = b3 = load(bias, channel + other)
            pixel, place, to_other = x + channel, k + pair * size, other + next_image[0]
            last = place + down[0] * down[2]
            while place != last:
                i, j = pixel, place
                u0, u1, u2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
                i += to_other
                v0, v1, v2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
                i += 3 * step
                while j != place + across[0] * across[2]:
                    factor, u3 = load(kernel, j), load(source, i - to_other)
                    a0, a1, a2, a3 = a0 + u0 * factor, a1 + u1 * factor, a2 + u2 * factor, a3 + u3 * factor
                    u0, u1, u2 = u1, u2, u3
                    factor, v3 = load(kernel, j + half), load(source, i)
                    b0, b1, b2, b3 = b0 + v0 * factor, b1 + v1 * factor, b2 + v2 * factor, b3 + v3 * factor
                    v0, v1, v2 = v1, v2, v3
                    i += step
                    j += across[2]
                pixel += down[1]
                place += down[2]
            p = o + channel
            store(outputs, p, between(a0, floor, ceiling))
            store(outputs, p + C, between(a1, floor, ceiling))
            store(outputs, p + 2 * C, between(a2, floor, ceiling))
            store(outputs, p + 3 * C, between(a3, floor, ceiling))
            p += other + next_image[1]
            store(outputs, p, between(b0, floor, ceiling))
            store(outputs, p + C, between(b1, floor, ceiling))
            store(outputs, p + 2 * C, between(b2, floor, ceiling))
            store(outputs, p + 3 * C, between(b3, floor, ceiling))
        x += 4 * step
        o += 4 * C


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
    (kernel, starts), (rows, columns, steps) = in_pairs, tables
    N, OH, OW, C = target.shape
    H, W = inputs.shape[1:3]
    source, outputs = inputs.reshape(-1), target.reshape(-1)
    _, size, width = kernel.shape
    factors = kernel.reshape(-1), starts, size * width
    band_rows = min(OH, 1 + BAND_NUMBERS // (OW * C))
    bands = (OH + band_rows - 1) // band_rows
    for piece in shared(turns, (N + images - 1) // images * bands):
        n, first = piece // bands * images, piece % bands * band_rows
        # The last image is its own next one.
        to_next = min(images, N - n) - 1
        next_image = (to_next * H * W * C, to_next * OH * OW * C)
        for row in range(first, min(first + band_rows, OH)):
            down = (rows[row, 0], steps[0] * W * C, steps[1] * steps[4] * width)
            for g in range(columns.shape[0]):
                across = (columns[g, 0], steps[2] * C, steps[3] * width)
                of_source = ((n * H + rows[row, 1]) * W + columns[g, 1]) * C
                of_kernel = (rows[row, 2] * steps[4] + columns[g, 2]) * width
                run = (of_source, of_kernel, ((n * OH + row) * OW + columns[g, 3]) * C, columns[g, 4])
                if columns[g, 4] == 0:
                    write_one(source, factors, run, down, across, next_image, finish, outputs)
                else:
                    write_fours(source, factors, run, down, across, next_image, finish, outputs)


@compiled
def add_products_of_one(source, grads, sums, starts, run, down, across):
    """Add the products of one pixel's gradient with all that it meets to the sums of their places.

    Args:
        grads: ∂loss/∂outputs of a row.
        sums: (pairs, KH·KW + 1, 2·LANES), where ``run`` tells the place of the first factor; the last row is
            the bias's.
    """
    x, k, o, _ = run
    pairs, size, width = sums.shape
    totals, half = sums.reshape(-1), lanes_in(sums)
    for pair in range(pairs):
        channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
        a, b = load(grads, o + channel), load(grads, o + channel + other)
        place = ((pair + 1) * size - 1) * width
        store(totals, place, load(totals, place) + a)
        store(totals, place + half, load(totals, place + half) + b)
        pixel, place = x + channel, k + pair * size * width
        last = place + down[0] * down[2]
        while place != last:
            i, j = pixel, place
            while j != place + across[0] * across[2]:
                store(totals, j, load(totals, j) + load(source, i) * a)
                store(totals, j + half, load(totals, j + half) + load(source, i + other) * b)
                i += across[1]
                j += across[2]
            pixel += down[1]
            place += down[2]


@compiled
def add_products_of_fours(source, grads, sums, starts, run, down, across):
    """Do the same for neighbours that meet the same places, four at a time."""
    x, k, o, fours = run
    pairs, size, width = sums.shape
    totals, half, C, step = sums.reshape(-1), lanes_in(sums), starts[-1, 1] + lanes_in(sums), across[1]
    for _ in range(fours):
        for pair in range(pairs):
            channel, other = starts[pair, 0], starts[pair, 1] - starts[pair, 0]
            g = o + channel
            a0, a1, a2, a3 = (
                load(grads, g),
                load(grads, g + C),
                load(grads, g + 2 * C),
                load(grads, g + 3 * C),
            )
            g += other
            b0, b1, b2, b3 = (
                load(grads, g),
                load(grads, g + C),
                load(grads, g + 2 * C),
                load(grads, g + 3 * C),
            )
            place = ((pair + 1) * size - 1) * width
            store(totals, place, load(totals, place) + a0 + a1 + a2 + a3)
            store(totals, place + half, load(totals, place + half) + b0 + b1 + b2 + b3)
            pixel, place = x + channel, k + pair * size * width
            last = place + down[0] * down[2]
            while place != last:
                i, j = pixel, place
                u0, u1, u2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
                i += other
                v0, v1, v2 = load(source, i), load(source, i + step), load(source, i + 2 * step)
                i += 3 * step
                while j != place + across[0] * across[2]:
                    u3, v3 = load(source, i - other), load(source, i)
                    store(totals, j, load(totals, j) + u0 * a0 + u1 * a1 + u2 * a2 + u3 * a3)
                    store(totals, j + half, load(totals, j + half) + v0 * b0 + v1 * b1 + v2 * b2 + v3 * b3)
                    u0, u1, u2 = u1, u2, u3
                    v0, v1, v2 = v1, v2, v3
                    i += step
                    j += across[2]
                pixel += down[1]
                place += down[2]
        x += 4 * step
        o += 4 * C


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
    pieces, _, _, width = partial.shape
    for piece in shared(turns, pieces):
        begin, end = piece * N * OH // pieces, (piece + 1) * N * OH // pieces
        total = partial[piece]
        # The sum of one image at a time: shorter sums lose fewer digits.
        sums = aligned(total.size, total.dtype).reshape(total.shape)
        sums[...] = 0
        for image_row in range(begin, end):
            row = image_row % OH
            source, row_grads = inputs[image_row // OH].reshape(-1), grads[image_row // OH, row].reshape(-1)
            down = (rows[row, 0], steps[0] * W * C, steps[1] * steps[4] * width)
            for g in range(columns.shape[0]):
                across = (columns[g, 0], steps[2] * C, steps[3] * width)
                of_source = (rows[row, 1] * W + columns[g, 1]) * C
                of_kernel = (rows[row, 2] * steps[4] + columns[g, 2]) * width
                run = (of_source, of_kernel, columns[g, 3] * C, columns[g, 4])
                if columns[g, 4] == 0:
                    add_products_of_one(source, row_grads, sums, starts, run, down, across)
                else:
                    add_products_of_fours(source, row_grads, sums, starts, run, down, across)
            if row == OH - 1 or image_row == end - 1:
                total += sums
                sums[...] = 0
