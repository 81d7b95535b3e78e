"""Convolution without columns: every window is read where it lies in the image.

The window of an output pixel is KH runs of KW·C numbers, one run per row of the window: in NHWC
memory the numbers of a run stand side by side, and so do the rows of an HWIO kernel that they are
multiplied with. So ``write_tile`` needs no patch matrix, only the offset of each window::

    outputs[p, f] = Σ_kh Σ_i  image[start of window p + kh·(a row of the image) + i] · kernel[kh, i, f]

A tile is ROWS output pixels × WIDTH filters. All tiles of one block of filters are computed before
the next, because its part of the kernel then stays in the first-level cache.

Backward has the same shape. ∂loss/∂inputs with stride 1 *is* a convolution: of ∂loss/∂outputs,
padded all around, with the kernel turned by 180°. And in ∂loss/∂kernel the sum goes over pixels::

    ∂kernel[k, f] = Σ_oh Σ_ow  image[offset of k in the window + place of the window] · ∂outputs[oh, ow, f]

``kernels/window_layout.py`` computes where windows lie in an image, with and without a border.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, OH, OW, F). ``geometry`` is the
tuple (KH, KW, SH, SW, DH, DW, top, left) of window, strides, dilation and padding.
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.finish import finish_part
from cnn_scratch.kernels.max_pooling2d import unpool, unpool_image
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, TALL_ROWS, add_tall_tile, packed_blocks, tile_width, write_tile
from cnn_scratch.kernels.vector import lanes_of, load, load_some, store, where_positive
from cnn_scratch.kernels.window_layout import (
    copy_padded,
    layout_of_band,
    places_of_numbers,
    size_of_copy,
    window_places,
)

# An image is cut into bands of output rows with about this many pixels, so that a single image
# occupies several threads and a band's part of the image stays in the second-level cache. With many channels
# a band is smaller: about BAND_NUMBERS numbers of the image, but at least FEWEST_PIXELS pixels.
BAND_PIXELS, FEWEST_PIXELS, BAND_NUMBERS = 1024, 128, 2**16
# The batch is cut into at most this many pieces for the kernel's gradient, whose sum is added up
# piece by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16
# One thread adds up the sums of all pieces, so together they should not have many more than SUMS numbers.
# Large kernels therefore have few pieces, and each is cut into groups of filters to make FEWEST_PARTS parts
# nevertheless.
SUMS, FEWEST_PARTS = 2**20, 4
# Images with fewer output pixels than this together are taken as one for the kernel's gradient.
GROUP_PIXELS = 512
# Stands for the geometry of a pooling where there is none.
NO_POOLING = (0,) * 8


def forward(inputs, kernel, bias, geometry, relu, outputs, other=None, ceiling=np.inf) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to.

    Given ``other``, an array of the outputs' shape, it is added before that; with a ``ceiling`` no output
    is larger.
    """
    number = bias.dtype.type
    floor, ceiling, no_floor = number(0 if relu else -np.inf), number(ceiling), number(-np.inf)
    convolution = *in_blocks(kernel, bias), floor if other is None else no_floor, geometry
    others = np.empty((0,) * 4, bias.dtype) if other is None else other
    forward_tiles(inputs, convolution, (others, floor, ceiling), outputs)


def in_blocks(kernel, bias) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel (⌈F / WIDTH⌉, KH·KW·C, WIDTH) and the bias (⌈F / WIDTH⌉·WIDTH,), zeros at the end."""
    blocks = packed_blocks(kernel.reshape(-1, kernel.shape[-1]))
    filters = blocks.shape[0] * blocks.shape[2]
    if bias.size == filters:
        return blocks, bias
    biases = np.zeros(filters, bias.dtype)
    biases[: bias.size] = bias
    return blocks, biases


def grad_inputs(grad_outputs, kernel, geometry, grad_images) -> None:
    """Write ∂loss/∂inputs for stride 1: a convolution of ∂loss/∂outputs with the turned kernel."""
    no_bias = np.zeros(kernel.shape[2], kernel.dtype)
    forward(grad_outputs, turned(kernel), no_bias, turned_geometry(geometry), False, grad_images)


def turned(kernel) -> np.ndarray:
    """Return the kernel turned by 180°, with inputs and filters exchanged: (KH, KW, F, C)."""
    return np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 1, 3, 2))


def turned_geometry(geometry) -> tuple:
    """Return the geometry of the convolution that gives ∂loss/∂inputs, for stride 1."""
    KH, KW, _, _, DH, DW, top, left = geometry
    return (KH, KW, 1, 1, DH, DW, (KH - 1) * DH - top, (KW - 1) * DW - left)


def grad_parameters(inputs, grad_outputs, geometry, relu_outputs=None) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,).

    Given the outputs of a ReLU, ``grad_outputs`` counts only where they are positive.
    """
    relu_outputs = np.empty((0,) * 4, grad_outputs.dtype) if relu_outputs is None else relu_outputs
    no_places = np.empty((0,) * 4, np.uint8)
    gradient = GradOutputs(grad_outputs, relu_outputs, grad_outputs.shape[1:3], NO_POOLING, no_places)
    return sum_of_pieces(inputs, gradient, geometry)


class GradOutputs(NamedTuple):
    """∂loss/∂outputs of a convolution, or ∂loss/∂(what was made of them) and the way back.

    Args:
        grads: (N, OH, OW, F), or the gradients of a pooling's outputs.
        relu_outputs: of the same shape: where they are not positive, the gradient does not count. Or empty.
        size: (OH, OW).
        pooling, places: the geometry of the pooling's windows, and the places of its outputs
            (``kernels/max_pooling2d.py``). Or NO_POOLING, and an empty array.
    """

    grads: np.ndarray
    relu_outputs: np.ndarray
    size: tuple[int, int]
    pooling: tuple[int, ...]
    places: np.ndarray


def sum_of_pieces(inputs, gradient, geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return what ``grad_parameters`` does, for a ``GradOutputs``: the sum over the pieces of the batch."""
    N, _, _, C = inputs.shape
    F = gradient.grads.shape[-1]
    patch_size = geometry[0] * geometry[1] * C
    pieces = max(1, min(N, MOST_PIECES, SUMS // max(1, patch_size * F)))
    groups = min(-(-FEWEST_PARTS // pieces), -(-F // (2 * lanes_of(inputs.itemsize))))
    if groups > 1 and gradient.pooling != NO_POOLING:
        gradient = unpooled(gradient)  # once, and not in each group of filters again
    # Rounded up to whole tiles; the rows that the last tile has too many are cut off below.
    kernels = np.empty((pieces, -(-patch_size // TALL_ROWS) * TALL_ROWS, F), inputs.dtype)
    biases = np.empty((pieces, F), inputs.dtype)
    grad_parameters_tiles(inputs, gradient, geometry, groups, kernels, biases)
    with np.errstate(all="ignore"):  # an infinity or NaN passes without a warning, as in every kernel
        total = kernels[0] if pieces == 1 else kernels.sum(axis=0)
        return total[:patch_size], biases.sum(axis=0)


def unpooled(gradient) -> GradOutputs:
    """Return the ``GradOutputs`` before the pooling, and before the ReLU in front of that."""
    grads, relu_outputs, size, pooling, places = gradient
    N, _, _, F = grads.shape
    grad_images = aligned_empty((N, *size, F), grads.dtype)
    unpool((grads, relu_outputs), places, pooling, grad_images)
    return GradOutputs(grad_images, relu_outputs[:0], size, NO_POOLING, places)


def bands_of(outputs) -> int:
    """Return into how many pieces the outputs (N, OH, OW, F) are cut at least (more with many channels)."""
    N, OH, OW, _ = outputs.shape
    return N * -(-OH // max(1, min(OH, BAND_PIXELS // max(1, OW))))


# The kernels --------------------------------------------------------------------------------------


@compiled_parallel_products
def forward_tiles(turns, inputs, convolution, finish, outputs):
    """Write the outputs band by band.

    Args:
        convolution: see ``convolve_band``.
        finish: ``others``, an array of the outputs' shape that is added to them, or empty; floor and ceiling.
            With ``others`` the floor is for the sum, and that of the convolution is −∞.
    """
    N, OH, OW, F = outputs.shape
    geometry, (others, floor, ceiling) = convolution[3], finish
    pixels = min(BAND_PIXELS, max(FEWEST_PIXELS, BAND_NUMBERS // inputs.shape[3]))
    band_rows = max(1, min(OH, pixels // OW))
    bands = (OH + band_rows - 1) // band_rows
    layout = layout_of_band(geometry, inputs.shape, (OH, OW), band_rows, F)
    for piece in shared(turns, N * bands):
        n, first = piece // bands, piece % bands * band_rows
        rows = min(band_rows, OH - first)
        target = outputs[n, first : first + rows].reshape(-1)
        convolve_band(inputs[n], convolution, layout, first, rows, target)
        if others.size:
            finish_part(target, others[n, first : first + rows].reshape(-1), floor, ceiling)
        elif ceiling < np.inf:
            finish_part(target, target[:0], floor, ceiling)


@compiled
def convolve_band(image, convolution, layout, first, rows, target):
    """Write ``rows`` rows of outputs, from the row ``first`` on, to the flat ``target``.

    Args:
        convolution: blocks and biases, see ``in_blocks``; the floor, 0 for ReLU, −∞ for none; the geometry.
        layout: the ``BandLayout`` of at least as many rows.
    """
    blocks, biases, floor, (_, _, SH, SW, _, _, top, left) = convolution
    C, OW, row_pixels = image.shape[2], layout.OW, layout.row_pixels
    if layout.copied_rows == 0:
        source = image[first * SH :].reshape(-1)
    else:
        band = np.empty((layout.copied_rows, row_pixels, C), image.dtype)
        copy_padded(image, first * SH - top, -left, band)
        source = band.reshape(-1)
    starts, places = layout.starts, layout.places
    if rows < layout.rows:  # the last band is shorter: its last tile must not reach beyond its last pixel
        starts, places = window_places(rows * OW, OW, SH * row_pixels * C, SW * C, layout.F)
    width, packed = blocks.shape[2], blocks.reshape(-1)
    terms = (layout.steps, layout.run, 1)
    for block in range(blocks.shape[0]):
        filter = block * width
        right = (packed, filter * blocks.shape[1], layout.run * width, width)
        columns = min(width, layout.F - filter)
        for pixel in range(0, rows * OW, ROWS):
            place = (target[filter:], places, pixel, columns)
            write_tile((source, starts, pixel, 0), terms, right, place, (biases, filter), floor)


@compiled_parallel_products
def grad_parameters_tiles(turns, inputs, gradient, geometry, groups, partial_kernels, partial_biases):
    """Write the gradients of each piece of the batch to its part of the partial sums.

    Args:
        gradient: a ``GradOutputs``.
        groups: into how many groups the filters of a piece are cut.
        partial_kernels: (pieces, KH·KW·C rounded up to whole tiles, F).
        partial_biases: (pieces, F).
    """
    _, _, SH, SW, _, _, top, left = geometry
    (N, H, _, C), (OH, OW) = inputs.shape, gradient.size
    pieces, patch_places, F = partial_kernels.shape
    width, pools = tile_width(inputs.itemsize), gradient.pooling[0] > 0
    copied_rows, row_pixels = size_of_copy(geometry, inputs.shape, gradient.size, OH)
    in_place = copied_rows == 0
    image_size = (H if in_place else copied_rows) * row_pixels * C
    # A tile is written only once for a group of small images, one below the other.
    group = max(1, GROUP_PIXELS // (OH * OW))
    steps = np.empty(group * OH, np.int64)
    for row in range(group * OH):
        steps[row] = row // OH * image_size + row % OH * SH * row_pixels * C
    starts = places_of_numbers(geometry, row_pixels, C, patch_places)
    rows = np.empty(patch_places, np.int64)
    for k in range(patch_places):
        rows[k] = k * F
    blocks = (F + width - 1) // width
    for part in shared(turns, pieces * groups):
        piece, of_group = part // groups, part % groups
        grad_kernel, grad_bias = partial_kernels[piece].reshape(-1), partial_biases[piece]
        first_filter = of_group * blocks // groups * width
        end_filter = min(F, (of_group + 1) * blocks // groups * width)
        partial_kernels[piece, :, first_filter:end_filter] = 0
        grad_bias[first_filter:end_filter] = 0
        copies = np.empty((0 if in_place else group, copied_rows, row_pixels, C), inputs.dtype)
        unpooled = np.empty((group if pools else 0, OH, OW, F), inputs.dtype)
        packed = np.empty((group * OH * OW, width), inputs.dtype)
        end = (piece + 1) * N // pieces
        for first in range(piece * N // pieces, end, group):
            images = min(group, end - first)
            source = (inputs[first : first + images] if in_place else copies).reshape(-1)
            for n in range(0 if in_place else images):
                copy_padded(inputs[first + n], -top, -left, copies[n])
            grads = gradient.grads[first : first + images].reshape(-1, F)
            relu_outputs = gradient.relu_outputs[first : first + images].reshape(-1)
            for n in range(images if pools else 0):
                unpool_image(gradient[:2], gradient.places, first + n, gradient.pooling, unpooled, n)
                grads, relu_outputs = unpooled[:images].reshape(-1, F), relu_outputs[:0]
            terms = (steps[: images * OH], OW, SW * C)
            for filter in range(first_filter, end_filter, width):
                pack_grads(grads, relu_outputs, filter, packed, grad_bias)
                right = (packed.reshape(-1), 0, OW * width, width)
                for k in range(0, patch_places, TALL_ROWS):
                    target = (grad_kernel[filter:], rows, k, min(width, F - filter))
                    add_tall_tile((source, starts, k, 0), terms, right, target)


@compiled
def pack_grads(grads, relu_outputs, first_filter, packed, grad_bias):
    """Copy WIDTH columns of ``grads`` (pixels, F) into ``packed``, and add them up into ``grad_bias``.

    Unless ``relu_outputs`` is empty, those become 0 whose output is not positive.
    """
    pixels, F = grads.shape
    numbers, target = grads.reshape(-1), packed.reshape(-1)
    lanes = packed.shape[1] // 2
    totals = np.zeros(lanes, packed.dtype)
    for first in range(first_filter, min(first_filter + 2 * lanes, F), lanes):
        filters = min(lanes, F - first)
        total = load(totals, 0)
        for p in range(pixels):
            vector = load_some(numbers, p * F + first, filters)
            if relu_outputs.size:
                vector = where_positive(load_some(relu_outputs, p * F + first, filters), vector)
            store(target, p * 2 * lanes + first - first_filter, vector)
            total = total + vector
        sums = np.empty(lanes, packed.dtype)
        store(sums, 0, total)
        for f in range(filters):
            grad_bias[first + f] += sums[f]
