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

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, OH, OW, F); ``geometry``
is (KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.finish import finish_part
from cnn_scratch.kernels.max_pooling2d import unpool_image
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, TALL_ROWS, add_tall_tile, packed_blocks, tile_width, write_tile
from cnn_scratch.kernels.vector import load, load_some, store, where_positive
from cnn_scratch.kernels.window_layout import copy_padded, fits_without_border, layout_of_band, window_places

# An image is cut into bands of output rows with about this many pixels, so that a single image
# occupies several threads and a band's part of the image stays in the second-level cache.
BAND_PIXELS = 1024
# The batch is cut into at most this many pieces for the kernel's gradient, whose sum is added up
# piece by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16
# The sums of all pieces together should not be many more numbers than these, as long as there are some
# pieces: they are cleared, and added up by one thread.
SUMS, FEWEST_PIECES = 2**20, 4
# Images with fewer output pixels than this together are taken as one for the kernel's gradient.
GROUP_PIXELS = 512
# In the place of the geometry of a pooling, where there is none.
NO_POOLING = (0,) * 8


def forward(inputs, kernel, bias, geometry, relu, outputs, other=None, ceiling=np.inf) -> None:
    """Write ``outputs = convolve(inputs, kernel) + bias``, with ReLU applied if asked to.

    Given ``other``, an array of the outputs' shape, it is added before that; with a ``ceiling`` no output
    is larger.
    """
    others = np.empty((0,) * 4, bias.dtype) if other is None else other
    bounds = bias.dtype.type(0 if relu else -np.inf), bias.dtype.type(ceiling)
    forward_tiles(inputs, *in_blocks(kernel, bias), others, bounds, geometry, outputs)


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
    relu, size = relu_outputs is not None, grad_outputs.shape[1:3]
    outputs = relu_outputs if relu else grad_outputs
    no_places = np.empty((0, 0, 0, 0), np.uint8)
    return sum_pieces(inputs, grad_outputs, outputs, relu, geometry, size, NO_POOLING, no_places)


def sum_pieces(inputs, grad_outputs, outputs, relu, geometry, size, pooling, places):
    """Return the gradients, added up over the pieces of the batch."""
    N, _, _, C = inputs.shape
    F = grad_outputs.shape[-1]
    patch_size = geometry[0] * geometry[1] * C
    pieces = min(N, MOST_PIECES, max(FEWEST_PIECES, SUMS // max(1, patch_size * F)))
    # Rounded up to whole tiles; what the last tile has too much is cut off.
    kernels = np.zeros((pieces, -(-patch_size // TALL_ROWS) * TALL_ROWS, F), inputs.dtype)
    biases = np.zeros((pieces, F), inputs.dtype)
    grad_parameters_tiles(
        inputs, grad_outputs, outputs, relu, geometry, size, pooling, places, kernels, biases
    )
    return kernels.sum(axis=0)[:patch_size], biases.sum(axis=0)


def bands_of(outputs) -> int:
    """Return into how many pieces the outputs (N, OH, OW, F) are cut."""
    N, OH, OW, _ = outputs.shape
    return N * -(-OH // max(1, min(OH, BAND_PIXELS // max(1, OW))))


@compiled_parallel_products
def forward_tiles(turns, inputs, blocks, biases, others, bounds, geometry, outputs):
    """Write the outputs band by band.

    Args:
        blocks, biases: see ``in_blocks``.
        others: what is added, of the outputs' shape; or empty.
        bounds: floor and ceiling, 0 and ∞ for ReLU.
    """
    N, OH, OW, F = outputs.shape
    floor, ceiling = bounds
    floor_of_tile = inputs.dtype.type(-np.inf) if others.size else floor
    band_rows = max(1, min(OH, BAND_PIXELS // OW))
    bands = (OH + band_rows - 1) // band_rows
    layout = layout_of_band(geometry, inputs.shape, (OH, OW), band_rows, F)
    for piece in shared(turns, N * bands):
        n, first = piece // bands, piece % bands * band_rows
        rows = min(band_rows, OH - first)
        target = outputs[n, first : first + rows].reshape(-1)
        convolve_band(inputs[n], blocks, (biases, floor_of_tile), geometry, layout, first, rows, target)
        if others.size:
            finish_part(target, others[n, first : first + rows].reshape(-1), floor, ceiling)
        elif ceiling < np.inf:
            finish_part(target, target[:0], floor, ceiling)


@compiled
def convolve_band(image, blocks, bias_and_floor, geometry, layout, first, rows, target):
    """Write so many rows of outputs, from the row ``first`` on, to the flat ``target``."""
    C = image.shape[2]
    SH, SW, top, left = geometry[2], geometry[3], geometry[6], geometry[7]
    (most_rows, OW, F), (height, row_pixels), (steps, run), (starts, places) = layout
    biases, floor = bias_and_floor
    if height == 0:
        source = image[first * SH :].reshape(-1)
    else:
        band = np.empty((height, row_pixels, C), image.dtype)
        copy_padded(image, first * SH - top, -left, band)
        source = band.reshape(-1)
    if rows < most_rows:  # its last tile must not reach beyond its last pixel
        starts, places = window_places(rows * OW, OW, SH * row_pixels * C, SW * C, F)
    width, packed = blocks.shape[2], blocks.reshape(-1)
    for block in range(blocks.shape[0]):
        filter = block * width
        right = (packed, filter * blocks.shape[1], run * width, width)
        columns = min(width, F - filter)
        for pixel in range(0, rows * OW, ROWS):
            left_part = (source, starts, pixel, 0)
            place = (target[filter:], places, pixel, columns)
            write_tile(left_part, (steps, run, 1), right, place, (biases, filter), floor)


@compiled_parallel_products
def grad_parameters_tiles(
    turns,
    inputs,
    grad_outputs,
    outputs,
    relu,
    geometry,
    size,
    pooling,
    places,
    partial_kernels,
    partial_biases,
):
    """Add the gradients of each piece of the batch into its part of the partial sums.

    Args:
        grad_outputs: (N, OH, OW, F), or the gradients of a pooling's outputs, with their ``places``.
        outputs: those of the ReLU if ``relu``; else they are not read.
        size, pooling: see ``pooled_tiles``.
        partial_kernels: (pieces, KH·KW·C rounded up to whole tiles, F), zeros.
        partial_biases: (pieces, F), zeros.
    """
    KH, KW, SH, SW, DH, DW, top, left = geometry
    (N, H, W, C), (OH, OW), F = inputs.shape, size, grad_outputs.shape[3]
    pieces, patch_places, _ = partial_kernels.shape
    width, pools = tile_width(inputs.itemsize), pooling[0] > 0
    in_place = fits_without_border(geometry, H, W, OH, OW)
    height = H if in_place else (OH - 1) * SH + (KH - 1) * DH + 1
    row_pixels = W if in_place else (OW - 1) * SW + (KW - 1) * DW + 1
    # A tile is written only once for a group of small images, one below the other.
    group = max(1, GROUP_PIXELS // (OH * OW))
    steps = np.empty(group * OH, np.int64)
    for row in range(group * OH):
        steps[row] = (row // OH * height + row % OH * SH) * row_pixels * C
    starts, rows = np.empty(patch_places, np.int64), np.empty(patch_places, np.int64)
    for k in range(patch_places):
        place = min(k, KH * KW * C - 1)
        kh, kw, c = place // (KW * C), place // C % KW, place % C
        starts[k] = (kh * DH * row_pixels + kw * DW) * C + c
        rows[k] = k * F
    for piece in shared(turns, pieces):
        grad_kernel, grad_bias = partial_kernels[piece].reshape(-1), partial_biases[piece]
        copies = np.empty((0 if in_place else group, height, row_pixels, C), inputs.dtype)
        unpooled = np.empty((group if pools else 0, OH, OW, F), inputs.dtype)
        packed = np.empty((group * OH * OW, width), inputs.dtype)
        end = (piece + 1) * N // pieces
        for first in range(piece * N // pieces, end, group):
            images = min(group, end - first)
            source = (inputs[first : first + images] if in_place else copies).reshape(-1)
            for n in range(0 if in_place else images):
                copy_padded(inputs[first + n], -top, -left, copies[n])
            grads = grad_outputs[first : first + images].reshape(-1, F)
            for n in range(images if pools else 0):
                unpool_image(grad_outputs, places, first + n, pooling, unpooled, n)
                grads = unpooled[:images].reshape(-1, F)
            masks = outputs[first : first + images].reshape(-1)
            terms = (steps[: images * OH], OW, SW * C)
            for filter in range(0, F, width):
                pack_grads(grads, masks, relu, filter, packed, grad_bias)
                right = (packed.reshape(-1), 0, OW * width, width)
                for k in range(0, patch_places, TALL_ROWS):
                    target = (grad_kernel[filter:], rows, k, min(width, F - filter))
                    add_tall_tile((source, starts, k, 0), terms, right, target)


@compiled
def pack_grads(grads, outputs, relu, first_filter, packed, grad_bias):
    """Copy WIDTH columns of ``grads`` (pixels, F) into ``packed``, and add them up into ``grad_bias``.

    With ``relu`` those become 0 whose ``outputs`` are not positive.
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
            if relu:
                vector = where_positive(load_some(outputs, p * F + first, filters), vector)
            store(target, p * 2 * lanes + first - first_filter, vector)
            total = total + vector
        sums = np.empty(lanes, packed.dtype)
        store(sums, 0, total)
        for f in range(filters):
            grad_bias[first + f] += sums[f]
