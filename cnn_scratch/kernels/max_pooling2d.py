"""Max pooling: the largest pixel of every window, and which one it was.

Shapes: inputs (N, H, W, C), outputs and places (N, OH, OW, C). A *place* numbers the pixels of a
window in row-major order, kh·KW + kw. It is all that backward has to know, and it fits into one
byte unless a window has more than 256 pixels. The innermost loops run over the channels, which lie
side by side in memory, so several channels are compared by one instruction.
"""

import numpy as np
from numba import prange

from cnn_scratch.kernels.compile import compiled, compiled_parallel


def forward(inputs, window) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs and their places for a ``cnn_scratch.shapes.Window``."""
    N, H, W, C = inputs.shape
    KH, KW = window.size
    output_shape = (N, *window.output_size(H, W), C)
    outputs = np.empty(output_shape, inputs.dtype)
    places = np.empty(output_shape, np.uint8 if KH * KW <= 256 else np.int32)
    pool(inputs, window.arguments(H, W), outputs, places)
    return outputs, places


def grad_inputs(grad_outputs, places, window, input_shape) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    grad_images = np.empty(input_shape, grad_outputs.dtype)
    unpool(grad_outputs, places, window.arguments(*input_shape[1:3]), grad_images)
    return grad_images


@compiled
def inside(start, size, length):
    """Return the part (first, end) of a window of ``size`` pixels from ``start`` that lies in 0 … length."""
    return max(0, -start), min(size, length - start)


@compiled
def keep_larger(pixels, place, largest, places):
    """Replace each number of ``largest`` by that of ``pixels`` if it is larger, and note the place.

    A NaN counts as larger than every number, and nothing is larger than it: so it is kept. At a
    tie, ``largest`` stays as it is: the first pixel wins. No branch, so that LLVM vectorises it.
    """
    place = places.dtype.type(place)
    for c in range(largest.size):
        replace = (not pixels[c] <= largest[c]) & (largest[c] == largest[c])
        largest[c] = pixels[c] if replace else largest[c]
        places[c] = place if replace else places[c]


@compiled_parallel
def pool(inputs, geometry, outputs, places):
    """Write ``outputs[n, oh, ow, c] = max over (kh, kw) of inputs[n, h, w, c]`` and the places.

    Here h = oh·SH + kh − top and w = ow·SW + kw − left. Pixels outside the image are
    left out, which is the same as padding with −∞.
    """
    KH, KW, SH, SW, _, _, top, left = geometry
    _, H, W, _ = inputs.shape
    N, OH, OW, _ = outputs.shape
    for row in prange(N * OH):
        n, oh = row // OH, row % OH
        h = oh * SH - top
        first_kh, end_kh = inside(h, KH, H)
        for ow in range(OW):
            w = ow * SW - left
            first_kw, end_kw = inside(w, KW, W)
            largest, largest_places = outputs[n, oh, ow], places[n, oh, ow]
            pixels, place = inputs[n, h + first_kh, w + first_kw], first_kh * KW + first_kw
            for c in range(largest.size):
                largest[c], largest_places[c] = pixels[c], place
            for kh in range(first_kh, end_kh):
                for kw in range(first_kw, end_kw):
                    keep_larger(inputs[n, h + kh, w + kw], kh * KW + kw, largest, largest_places)


@compiled_parallel
def unpool(grad_outputs, places, geometry, grad_images):
    """Write ``grad_images``: each pixel gets the gradients of the outputs that were taken from it.

    Windows overlap, so the gradients of one image are added by one thread, in row-major order.
    """
    KH, KW, SH, SW, _, _, top, left = geometry
    N, _, W, _ = grad_images.shape
    _, OH, OW, C = grad_outputs.shape
    offsets = np.empty(KH * KW, np.int64)  # how far each place lies behind the first pixel of its window
    for place in range(KH * KW):
        offsets[place] = (place // KW * W + place % KW) * C
    for n in prange(N):
        grad_image = grad_images[n].reshape(-1)
        grad_image[:] = 0
        for oh in range(OH):
            for ow in range(OW):
                first = ((oh * SH - top) * W + ow * SW - left) * C  # negative if that is outside the image
                for c in range(C):
                    grad_image[first + offsets[places[n, oh, ow, c]] + c] += grad_outputs[n, oh, ow, c]
