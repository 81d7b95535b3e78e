"""Batch normalization and max pooling behind it, in one pass each way.

The normalized image is larger than all that comes out of the pooling, and nobody else reads it. Here it
never exists: a window's pixels are normalized in registers, and the largest is kept. The numbers are
those of ``kernels/batch_normalization.py`` and ``kernels/max_pooling2d.py`` one after the other.

Only one pixel of a window gets a gradient g through the pooling, the one that was taken. So the two
sums that batch normalization's gradient needs run over the taken pixels alone::

    Σ g·(x − mean) over all pixels = Σ g·(x − mean) over the taken ones

Shapes: inputs (N, H, W, C); outputs and places (N, OH, OW, C). Windows do not overlap.
"""

import numpy as np

from cnn_scratch.kernels import max_pooling2d
from cnn_scratch.kernels.batch_normalization import rounded
from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.max_pooling2d import ROWS, is_whole, list_pixels
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import VECTOR_BYTES
from cnn_scratch.kernels.window_vectors import every_lane, load_part, store_part, where_place


def forward(inputs, mean, scale, shift, window) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest ``(inputs − mean) · scale + shift`` of every window, and its place."""
    return max_pooling2d.forward(inputs, window, rounded(inputs.dtype, mean, scale, shift))


def gradient_sums(inputs, grad_outputs, places, mean, inverse, window) -> tuple[np.ndarray, np.ndarray]:
    """Return ``Σ g`` and ``Σ g · (x − mean) · inverse`` of each channel, with g ``grad_outputs`` unpooled."""
    N, OH, _, C = grad_outputs.shape
    sums = np.empty((-(-N * OH // ROWS), 2, C))
    center = mean.astype(inputs.dtype)
    sum_taken(inputs, grad_outputs, places, center, window.arguments(*inputs.shape[1:3]), sums)
    total, dot = sums.sum(axis=0)
    return total, (dot - total * (mean - center)) * inverse


def grad_inputs(inputs, grad_outputs, places, mean, scale, slope, shift, window) -> np.ndarray:
    """Return ``g · scale − (inputs − mean) · slope − shift`` with g ``grad_outputs`` unpooled."""
    grad_images = np.empty_like(inputs)
    center, slope, shift = rounded(inputs.dtype, mean, slope, shift)
    vectors = scale.astype(inputs.dtype), center, slope, shift
    geometry = window.arguments(*inputs.shape[1:3])
    unpool_normalized(inputs, grad_outputs, places, vectors, geometry, grad_images)
    return grad_images


@compiled_parallel
def sum_taken(turns, inputs, grad_outputs, places, mean, geometry, sums):
    """Write ``Σ g`` and ``Σ g · (x − mean)`` over the pixels x that were taken, (pieces, 2, C)."""
    KH, KW, SH, _, _, _, top, _ = geometry
    _, H, W, C = inputs.shape
    N, OH, OW, _ = grad_outputs.shape
    for piece in shared(turns, sums.shape[0]):
        pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, inputs.dtype)
        of_row = np.empty((2, C), inputs.dtype)
        sums[piece] = 0.0
        for row in range(piece * ROWS, min((piece + 1) * ROWS, N * OH)):
            n, h = row // OH, row % OH * SH - top
            images = inputs, (n * H + h) * W * C, h
            sum_row(images, geometry, pixels, mean, grad_outputs, places, row * OW, of_row)
            for c in range(C):
                sums[piece, 0, c] += of_row[0, c]
                sums[piece, 1, c] += of_row[1, c]


@compiled_parallel
def unpool_normalized(turns, inputs, grad_outputs, places, vectors, geometry, grad_images):
    """Write ``g · scale − (x − mean) · slope − shift``; in ``vectors`` are scale, mean, slope, shift (C,)."""
    SH, top = geometry[2], geometry[6]
    N, OH = grad_outputs.shape[:2]
    for piece in shared(turns, (N * OH + ROWS - 1) // ROWS):
        row, end = piece * ROWS, min((piece + 1) * ROWS, N * OH)
        while row < end:
            n, oh = row // OH, row % OH
            rows = min(OH - oh, end - row)
            windows = oh * SH - top, rows, oh + rows == OH
            unpool_rows(inputs[n], windows, geometry, vectors, grad_outputs, places, row, grad_images[n])
            row += rows


@compiled
def unpool_rows(image, windows, geometry, vectors, grad_outputs, places, row, grad_image):
    """Write the gradients of the pixels that some rows of windows see, and of those before the next windows.

    Args:
        image, grad_image: (H, W, C).
        windows: the row of the image at which the first of them begin (perhaps outside), how many rows of
            windows there are, and whether they are the last: then all rows below are written, too.
        vectors: scale, mean, slope and shift.
        row: the number of the first of these rows in the outputs.
    """
    KH, KW, SH, SW, _, _, _, left = geometry
    H, W, C = image.shape
    OW = grad_outputs.shape[2]
    _, mean, slope, shift = vectors
    h, rows, are_last = windows
    flat, grads = image.reshape(-1), grad_image.reshape(-1)
    all_in_windows = KW == SW and OW * SW - left >= W
    pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, image.dtype)
    for r in range(rows):
        # The rows from this window to the next. First those of which the windows do not see all.
        for y in range(max(h, 0), H if are_last and r == rows - 1 else h + SH):
            if all_in_windows and y < h + KH:
                continue
            for i in range(y * W * C, (y + 1) * W * C):
                grads[i] = -(flat[i] - mean[i % C]) * slope[i % C] - shift[i % C]
        spread_row(
            (image, h * W * C, h), geometry, pixels, vectors, grad_outputs, places, (row + r) * OW, grad_image
        )
        h += SH


# One row of windows each. ``images`` are the inputs (or one of them), where in them (seen flat) row h of the
# image begins (perhaps outside), and h; ``pixel`` is the number of the first of these pixels in the outputs.


@compiled
def sum_row(images, geometry, pixels, mean, grad_outputs, places, pixel, sums):
    """Write ``Σ g`` and ``Σ g · (x − mean)`` over the taken pixels of one row of windows, (2, C)."""
    inputs, start, h = images
    _, H, W, C = inputs.shape
    SW, left = geometry[3], geometry[7]
    lanes = VECTOR_BYTES // inputs.itemsize
    count = min(C, lanes)
    offsets, numbers = pixels
    for block in range(0, C, lanes):
        c = min(block, C - count)
        center = load_part(mean, c, count)
        total = dot = every_lane(0, center)
        listed, listed_is_whole = 0, False
        for ow in range(grad_outputs.shape[2]):
            w = ow * SW - left
            if not (listed_is_whole and is_whole(w, W, geometry)):
                listed = list_pixels(h, w, (H, W, C), geometry, pixels)
                listed_is_whole = is_whole(w, W, geometry)
            at, to = start + w * C + c, (pixel + ow) * C + c
            x = where_place(places, to, count, numbers[0], load_part(inputs, at + offsets[0], count))
            for k in range(1, listed):
                candidates = load_part(inputs, at + offsets[k], count)
                x = x + where_place(places, to, count, numbers[k], candidates)
            grad = load_part(grad_outputs, to, count)
            total = total + grad
            dot = dot + grad * (x - center)
        store_part(sums, c, count, total)
        store_part(sums, C + c, count, dot)


@compiled
def spread_row(images, geometry, pixels, vectors, grad_outputs, places, pixel, grad_images):
    """Write the gradients of the pixels that one row of windows sees."""
    inputs, start, h = images
    H, W, C = inputs.shape
    KH, KW, _, SW, _, _, _, left = geometry
    OW, lanes = grad_outputs.shape[2], VECTOR_BYTES // inputs.itemsize
    count = min(C, lanes)
    offsets, numbers = pixels
    # As in ``max_pooling2d.pool_rows``: windows of 2×2 pixels inside the image need no list.
    fours = min(OW, (W - 2) // SW + 1) if KH == 2 and KW == 2 and left == 0 and 0 <= h <= H - 2 else 0
    for block in range(0, C, lanes):
        c = min(block, C - count)
        of_channels = part_of_vectors(vectors, c, count)
        for ow in range(fours):
            at, to = start + ow * SW * C + c, (pixel + ow) * C + c
            grad = load_part(grad_outputs, to, count) * of_channels[0]
            spread(inputs, at, where_place(places, to, count, 0, grad), of_channels, count, grad_images)
            at += C
            spread(inputs, at, where_place(places, to, count, 1, grad), of_channels, count, grad_images)
            at += (W - 1) * C
            spread(inputs, at, where_place(places, to, count, 2, grad), of_channels, count, grad_images)
            at += C
            spread(inputs, at, where_place(places, to, count, 3, grad), of_channels, count, grad_images)
    listed, listed_is_whole = 0, False
    for ow in range(fours, OW):
        w = ow * SW - left
        if not (listed_is_whole and is_whole(w, W, geometry)):
            listed, listed_is_whole = list_pixels(h, w, (H, W, C), geometry, pixels), is_whole(w, W, geometry)
        for block in range(0, C, lanes):
            c = min(block, C - count)
            at, to = start + w * C + c, (pixel + ow) * C + c
            of_channels = part_of_vectors(vectors, c, count)
            grad = load_part(grad_outputs, to, count) * of_channels[0]
            for k in range(listed):
                part = where_place(places, to, count, numbers[k], grad)
                spread(inputs, at + offsets[k], part, of_channels, count, grad_images)


@compiled
def part_of_vectors(vectors, c, count):
    """Return scale, mean, slope and shift of the channels from ``c`` on."""
    scale, mean, slope, shift = vectors
    return (
        load_part(scale, c, count),
        load_part(mean, c, count),
        load_part(slope, c, count),
        load_part(shift, c, count),
    )


@compiled
def spread(inputs, at, grad, of_channels, count, grad_images):
    """Write ``grad − (x − mean) · slope − shift`` for the numbers x from ``at`` on."""
    _, mean, slope, shift = of_channels
    rest = (load_part(inputs, at, count) - mean) * slope + shift
    store_part(grad_images, at, count, grad - rest)
