"""Max pooling: the largest pixel of every window, and which one it was.

Shapes: inputs (N, H, W, C), outputs and places (N, OH, OW, C). A *place* numbers the pixels of a
window in row-major order, kh·KW + kw. It is all that backward needs to know, and it fits into one
byte unless a window has more than 256 pixels.

The innermost loop runs over the pixels of a window, for as many channels as fill a vector register
(``kernels/window_vectors.py``): the largest numbers so far and their places stay in registers.
"""

import functools

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import VECTOR_BYTES, where_positive
from cnn_scratch.kernels.window_vectors import every_lane, keep_larger, load_part, store_part, where_place

# Output rows that one thread makes at a time: many, so that it seldom asks for memory.
ROWS = 16


def forward(inputs, window, vectors=None) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs and their places for a ``cnn_scratch.shapes.Window``.

    Args:
        vectors: mean, scale and shift of each channel, (C,), to pool ``(x − mean) · scale + shift`` instead
            of x, as after a batch normalization.
    """
    outputs, places = empty_outputs(inputs.shape, inputs.dtype, window)
    vectors = vectors or no_normalization(inputs.shape[-1], inputs.dtype)
    pool(inputs.reshape(-1), inputs.shape[1:], window.arguments(*inputs.shape[1:3]), vectors, outputs, places)
    return outputs, places


@functools.lru_cache(maxsize=64)  # kernels only read them
def no_normalization(C, dtype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a mean, scale and shift of C channels that change no number: (x − 0) · 1 + (−0) is x.

    With a shift of +0 the sum would be +0 where x is −0.
    """
    zeros = np.zeros(C, dtype)
    return zeros, np.ones_like(zeros), -zeros


def empty_outputs(input_shape, dtype, window) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays for the outputs and their places."""
    N, H, W, C = input_shape
    KH, KW = window.size
    output_shape = (N, *window.output_size(H, W), C)
    return np.empty(output_shape, dtype), np.empty(output_shape, np.uint8 if KH * KW <= 256 else np.int32)


def grad_inputs(grad_outputs, places, window, input_shape, relu_outputs=None) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``.

    If the images came out of a ReLU, its gradient can be taken on the way: given the pooled outputs as
    ``relu_outputs``, ``grad_outputs`` counts only where they are positive.
    """
    grad_images = np.empty(input_shape, grad_outputs.dtype)
    relu_outputs = grad_outputs[:0] if relu_outputs is None else relu_outputs
    unpool((grad_outputs, relu_outputs), places, window.arguments(*input_shape[1:3]), grad_images)
    return grad_images


@compiled_parallel
def pool(turns, inputs, sizes, geometry, vectors, outputs, places):
    """Write ``outputs[n, oh, ow, c] = max over (kh, kw) of inputs[n, h, w, c]``, normalized, and the places.

    Here h = oh·SH + kh − top and w = ow·SW + kw − left. Pixels outside the image are
    left out, which is the same as padding with −∞.

    Args:
        inputs: seen flat, as ``conv2d_pooled`` has them: ``pool_rows`` is compiled once for both.
        sizes: (H, W, C).
    """
    SH, top = geometry[2], geometry[6]
    H, W, C = sizes
    N, OH, OW, _ = outputs.shape
    for piece in shared(turns, (N * OH + ROWS - 1) // ROWS):
        row, end = piece * ROWS, min((piece + 1) * ROWS, N * OH)
        while row < end:
            n, oh = row // OH, row % OH
            rows, h = min(OH - oh, end - row), oh * SH - top
            images = inputs, sizes, (n * H + h) * W * C, h
            pool_rows(images, rows, geometry, vectors, outputs, places, row * OW)
            row += rows


@compiled_parallel
def unpool(turns, gradient, places, geometry, grad_images):
    """Write ``grad_images``: each pixel gets the gradients of the outputs that were taken from it.

    Windows may overlap, so the gradients of one image are added by one thread.

    Args:
        gradient: grad_outputs, and outputs of a ReLU of the same shape, or an empty array.
    """
    for n in shared(turns, len(grad_images)):
        unpool_image(gradient, places, n, geometry, grad_images, n)


@compiled
def unpool_image(gradient, places, n, geometry, grad_images, image):
    """Write image number ``image``, with the gradients of outputs number ``n``, in row-major order.

    A row is set to zero right before the first window that reaches it, so that it is still in the cache then.
    """
    KH, KW, SH, _, _, _, top, _ = geometry
    _, H, W, C = grad_images.shape
    _, OH, OW, _ = places.shape
    pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, grad_images.dtype)
    begun = 0
    for oh in range(OH):
        h = oh * SH - top
        end = H if oh == OH - 1 else max(begun, min(h + KH, H))
        grad_images[image, begun:end] = 0
        begun = end
        start = (image * H + h) * W * C
        spread_row(gradient, places, (n * OH + oh) * OW, h, geometry, pixels, grad_images, start)


@compiled
def inside(start, size, length):
    """Return the part (first, end) of a window of ``size`` pixels from ``start`` that lies in 0 … length."""
    return max(0, -start), min(size, length - start)


@compiled
def list_pixels(h, w, sizes, geometry, pixels):
    """List the pixels of the window at (h, w) that lie in the image; return how many.

    Args:
        sizes: (H, W, C).
        pixels: (offsets, places), written: how far each begins behind the window's first, and its place.
    """
    KH, KW = geometry[:2]
    H, W, C = sizes
    offsets, places = pixels
    first_kh, end_kh = inside(h, KH, H)
    first_kw, end_kw = inside(w, KW, W)
    number = 0
    for kh in range(first_kh, end_kh):
        for kw in range(first_kw, end_kw):
            offsets[number], places[number] = (kh * W + kw) * C, kh * KW + kw
            number += 1
    return number


@compiled
def is_whole(w, W, geometry):
    """Return whether no column of the windows at w lies outside the image."""
    return w >= 0 and w + geometry[1] <= W


@compiled
def pool_rows(images, rows, geometry, vectors, outputs, places, pixel):
    """Write so many rows of outputs and places.

    Several rows at once, because a call takes as long as some windows: it counts references to each array.

    Args:
        images: inputs (flat), (H, W, C), the place in the inputs where row h of the image begins, and h.
        vectors: mean, scale and shift.
        pixel: the number of the first of these pixels in the outputs.
    """
    inputs, (H, W, C), start, h = images
    mean, scale, shift = vectors
    KH, KW, SH, SW, _, _, _, left = geometry
    OW, lanes = outputs.shape[2], VECTOR_BYTES // inputs.itemsize
    count = min(C, lanes)
    offsets, numbers = pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, inputs.dtype)
    for _ in range(rows):
        # Most windows are 2×2 and inside the image. Without a list of pixels they take half the time.
        fours = min(OW, (W - 2) // SW + 1) if KH == 2 and KW == 2 and left == 0 and 0 <= h <= H - 2 else 0
        for block in range(0, C, lanes):
            c = min(block, C - count)
            of_channels = load_part(mean, c, count), load_part(scale, c, count), load_part(shift, c, count)
            for ow in range(fours):
                at, to = start + ow * SW * C + c, (pixel + ow) * C + c
                below = at + W * C
                four = (
                    load_part(inputs, at, count),
                    load_part(inputs, at + C, count),
                    load_part(inputs, below, count),
                    load_part(inputs, below + C, count),
                )
                pool_four(four, of_channels, to, count, outputs, places)
        listed, listed_is_whole = 0, False
        for ow in range(fours, OW):
            w = ow * SW - left
            if not (listed_is_whole and is_whole(w, W, geometry)):
                listed = list_pixels(h, w, (H, W, C), geometry, pixels)
                listed_is_whole = is_whole(w, W, geometry)
            for block in range(0, C, lanes):
                c = min(block, C - count)
                at, to = start + w * C + c, (pixel + ow) * C + c
                of_channels = (
                    load_part(mean, c, count),
                    load_part(scale, c, count),
                    load_part(shift, c, count),
                )
                y = normalized(inputs, at + offsets[0], count, of_channels)
                kept = y, every_lane(numbers[0], y)
                for k in range(1, listed):
                    y = normalized(inputs, at + offsets[k], count, of_channels)
                    kept = keep_larger(kept, (y, every_lane(numbers[k], y)))
                store_part(outputs, to, count, kept[0])
                store_part(places, to, count, kept[1])
        start, h, pixel = start + SH * W * C, h + SH, pixel + OW


@compiled
def pool_four(pixels, of_channels, to, count, outputs, places):
    """Write the largest ``(x − mean) · scale + shift`` of the four pixels of a window, and its place."""
    mean, scale, shift = of_channels
    y = (pixels[0] - mean) * scale + shift
    kept = y, every_lane(0, y)
    y = (pixels[1] - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(1, y)))
    y = (pixels[2] - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(2, y)))
    y = (pixels[3] - mean) * scale + shift
    kept = keep_larger(kept, (y, every_lane(3, y)))
    store_part(outputs, to, count, kept[0])
    store_part(places, to, count, kept[1])


@compiled
def normalized(inputs, at, count, of_channels):
    """Return the vector of ``(x − mean) · scale + shift`` for the numbers x from ``at`` on."""
    mean, scale, shift = of_channels
    return (load_part(inputs, at, count) - mean) * scale + shift


@compiled
def spread_row(gradient, places, pixel, h, geometry, pixels, grad_images, start):
    """Add one row of ``grad_outputs`` to the pixels that its outputs were taken from.

    Args:
        gradient: see ``unpool``.
        pixel: the number of the first pixel of the row in ``grad_outputs``.
        h: the first row of ``grad_images`` that its windows see, or would see if the image began above 0.
        start: where in ``grad_images``, seen flat, row h begins (perhaps outside).
        pixels: see ``list_pixels``.
    """
    grad_outputs, relu_outputs = gradient
    KH, KW, SH, SW, _, _, _, left = geometry
    _, H, W, C = grad_images.shape
    lanes = VECTOR_BYTES // grad_outputs.itemsize
    overlapping = KH > SH or KW > SW
    offsets, numbers = pixels
    listed, listed_is_whole = 0, False
    for ow in range(grad_outputs.shape[2]):
        w = ow * SW - left
        if not (listed_is_whole and is_whole(w, W, geometry)):
            listed, listed_is_whole = list_pixels(h, w, (H, W, C), geometry, pixels), is_whole(w, W, geometry)
        for block in range(0, C, lanes):
            # Where sums are added up, no vector may reach back: what is added twice would count twice.
            c = block if overlapping else min(block, C - min(C, lanes))
            count = min(lanes, C - c)
            source, at = (pixel + ow) * C + c, start + w * C + c
            grad = load_part(grad_outputs, source, count)
            if relu_outputs.size:
                grad = where_positive(load_part(relu_outputs, source, count), grad)
            for k in range(listed):
                part = where_place(places, source, count, numbers[k], grad)
                if overlapping:
                    part = load_part(grad_images, at + offsets[k], count) + part
                store_part(grad_images, at + offsets[k], count, part)
