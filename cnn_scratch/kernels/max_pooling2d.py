"""Max pooling: the largest pixel of every window, and which one it was.

Shapes: inputs (N, H, W, C), outputs and places (N, OH, OW, C). A *place* numbers the pixels of a
window in row-major order, kh·KW + kw. It is all that backward has to know, and it fits into one
byte unless a window has more than 256 pixels.

The innermost loop runs over the pixels of a window, for as many channels as fill a vector register
(``kernels/window_vectors.py``): the largest numbers so far and their places stay in registers.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import VECTOR_BYTES
from cnn_scratch.kernels.window_vectors import every_lane, keep_larger, load_part, store_part, where_place

# Output rows that one thread makes at a time: many, so that it seldom asks for memory.
ROWS = 16


def forward(inputs, window) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs and their places for a ``cnn_scratch.shapes.Window``."""
    outputs, places = empty_outputs(inputs.shape, inputs.dtype, window)
    pool(inputs, window.arguments(*inputs.shape[1:3]), outputs, places)
    return outputs, places


def empty_outputs(input_shape, dtype, window) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays for the outputs and their places."""
    N, H, W, C = input_shape
    KH, KW = window.size
    output_shape = (N, *window.output_size(H, W), C)
    return np.empty(output_shape, dtype), np.empty(output_shape, np.uint8 if KH * KW <= 256 else np.int32)


def grad_inputs(grad_outputs, places, window, input_shape) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    grad_images = np.empty(input_shape, grad_outputs.dtype)
    unpool(grad_outputs, places, window.arguments(*input_shape[1:3]), grad_images)
    return grad_images


@compiled_parallel
def pool(turns, inputs, geometry, outputs, places):
    """Write ``outputs[n, oh, ow, c] = max over (kh, kw) of inputs[n, h, w, c]`` and the places.

    Here h = oh·SH + kh − top and w = ow·SW + kw − left. Pixels outside the image are
    left out, which is the same as padding with −∞.
    """
    KH, KW, SH, _, _, _, top, _ = geometry
    N, H, W, C = inputs.shape
    _, OH, OW, _ = outputs.shape
    for piece in shared(turns, (N * OH + ROWS - 1) // ROWS):
        pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, inputs.dtype)
        for row in range(piece * ROWS, min((piece + 1) * ROWS, N * OH)):
            n, h = row // OH, row % OH * SH - top
            pool_row(inputs, (n * H + h) * W * C, h, (H, W, C), geometry, pixels, outputs, places, row * OW)


@compiled_parallel
def unpool(turns, grad_outputs, places, geometry, grad_images):
    """Write ``grad_images``: each pixel gets the gradients of the outputs that were taken from it.

    Windows may overlap, so the gradients of one image are added by one thread.
    """
    for n in shared(turns, len(grad_images)):
        unpool_image(grad_outputs, places, n, geometry, grad_images, n)


@compiled
def unpool_image(grad_outputs, places, n, geometry, grad_images, image):
    """Write image number ``image``, with the gradients of outputs number ``n``, in row-major order.

    A row is set to zero right before the first window that reaches it, so that it is still in the cache then.
    """
    KH, KW, SH, _, _, _, top, _ = geometry
    _, H, W, C = grad_images.shape
    _, OH, OW, _ = grad_outputs.shape
    pixels = np.empty(KH * KW, np.int64), np.empty(KH * KW, grad_outputs.dtype)
    begun = 0
    for oh in range(OH):
        h = oh * SH - top
        end = H if oh == OH - 1 else max(begun, min(h + KH, H))
        grad_images[image, begun:end] = 0
        begun = end
        start = (image * H + h) * W * C
        spread_row(grad_outputs, places, (n * OH + oh) * OW, h, geometry, pixels, grad_images, start)


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
def pool_row(inputs, start, h, sizes, geometry, pixels, outputs, places, pixel):
    """Write one row of outputs and places.

    Args:
        start: where in ``inputs``, seen flat, row h of the image begins (perhaps outside).
        h: the first row that the windows see, or would see if the image began above 0.
        sizes, pixels: see ``list_pixels``.
        pixel: the number of the first of these pixels in ``outputs``.
    """
    SW, left = geometry[3], geometry[7]
    _, W, C = sizes
    lanes = VECTOR_BYTES // inputs.itemsize
    count = min(C, lanes)
    offsets, numbers = pixels
    listed, listed_is_whole = 0, False
    for ow in range(outputs.shape[2]):
        w = ow * SW - left
        if not (listed_is_whole and is_whole(w, W, geometry)):
            listed, listed_is_whole = list_pixels(h, w, sizes, geometry, pixels), is_whole(w, W, geometry)
        for block in range(0, C, lanes):
            c = min(block, C - count)
            at = start + w * C + c
            largest = load_part(inputs, at + offsets[0], count)
            kept = largest, every_lane(numbers[0], largest)
            for k in range(1, listed):
                pixels_k = load_part(inputs, at + offsets[k], count)
                kept = keep_larger(kept, (pixels_k, every_lane(numbers[k], pixels_k)))
            store_part(outputs, (pixel + ow) * C + c, count, kept[0])
            store_part(places, (pixel + ow) * C + c, count, kept[1])


@compiled
def spread_row(grad_outputs, places, pixel, h, geometry, pixels, grad_images, start):
    """Add one row of ``grad_outputs`` to the pixels that its outputs were taken from.

    Args:
        pixel: the number of the first pixel of the row in ``grad_outputs``.
        h, geometry, pixels, start: see ``pool_row``; here of ``grad_images``.
    """
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
            for k in range(listed):
                part = where_place(places, source, count, numbers[k], grad)
                if overlapping:
                    part = load_part(grad_images, at + offsets[k], count) + part
                store_part(grad_images, at + offsets[k], count, part)
