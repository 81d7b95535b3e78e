"""Depthwise convolution: every channel is convolved with a small kernel of its own.

There is no sum over channels, so this is no matrix product. The same happens to all channels side by
side, and vectors hold as many of them as they can::

    outputs[n, oh, ow, c] = Σ_kh Σ_kw  inputs[n, h, w, c] · kernel[kh, kw, c]
                            with h = oh·SH + kh·DH − top and w = ow·SW + kw·DW − left

Along each axis, the places of the kernel that meet a pixel (and not the border) follow each other at
equal steps, and so do the pixels that they meet. A table holds, for each row and each column of the
outputs, how many they are and where the first ones lie; nothing is copied, and no zero is multiplied.
The loops over these tables are in ``depthwise_sums``.

The gradient of the inputs has the same form and another table: ∂outputs[oh, ow] reaches the pixel
h = oh·SH + kh·DH − top through kernel[kh, kw], so a pixel collects from every SH-th place of the kernel.
In the gradient of the kernel every place has a sum over all pixels that it meets.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, M), bias (C·M,), outputs (N, OH, OW, C·M); channel
c·M + m of the outputs belongs to channel c of the inputs. With M > 1 every channel is first written
M times, and M is 1 from there on. ``window`` is a ``cnn_scratch.shapes.Window``.
"""

import functools
import math

import numpy as np

from cnn_scratch.kernels.blocks import copy_blocks
from cnn_scratch.kernels.compile import SMALL_PRODUCT, one_thread_if
from cnn_scratch.kernels.depthwise_sums import slide, sum_products
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.vector import lanes_of

# The rows of all outputs are cut into at most this many pieces for the kernel's gradient, whose sum is
# added up piece by piece in a fixed order, so the result does not depend on the number of threads.
MOST_PIECES = 16


def forward(inputs, kernel, bias, window, relu=False, ceiling=np.inf) -> np.ndarray:
    """Return the depthwise convolution plus ``bias``; with ReLU applied, and a ceiling, if asked to."""
    multiplier = kernel.shape[-1]
    N, H, W, C = inputs.shape
    inputs, kernel = filled_up(repeated(inputs, multiplier)), filled_up(kernel.reshape(-1, C * multiplier))
    finish = filled_up(bias), bias.dtype.type(0 if relu else -np.inf), bias.dtype.type(ceiling)
    outputs = aligned_empty((N, *window.output_size(H, W), inputs.shape[-1]), inputs.dtype)
    with one_thread_if(is_small(outputs, window)):
        images = images_of_a_pair(outputs)
        slide(inputs, in_pairs(kernel, images), finish, tables_of(window, H, W), images, outputs)
    return cut_off(outputs, C * multiplier)


def grad_inputs(grad_outputs, kernel, window, input_shape) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    N, H, W, C = input_shape
    multiplier, infinity = kernel.shape[-1], kernel.dtype.type(np.inf)
    grads, kernel = filled_up(grad_outputs), filled_up(kernel.reshape(-1, C * multiplier))
    no_finish = np.zeros(kernel.shape[-1], kernel.dtype), -infinity, infinity
    pixels = aligned_empty((N, H, W, grads.shape[-1]), grads.dtype)
    with one_thread_if(is_small(grad_outputs, window)):
        images = images_of_a_pair(pixels)
        tables = tables_of(window, H, W, backwards=True)
        slide(grads, in_pairs(kernel, images), no_finish, tables, images, pixels)
    pixels = cut_off(pixels, C * multiplier)
    if multiplier == 1:
        return pixels
    with np.errstate(all="ignore"):
        return pixels.reshape(N, H, W, C, multiplier).sum(axis=-1)


def grad_parameters(inputs, grad_outputs, window) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel (KH, KW, C, M) and ∂loss/∂bias (C·M,)."""
    N, H, W, C = inputs.shape
    _, OH, _, F = grad_outputs.shape
    KH, KW = window.size
    inputs, grads = filled_up(repeated(inputs, F // C)), filled_up(grad_outputs)
    channels, lanes = inputs.shape[-1], lanes_of(inputs.itemsize)
    starts = starts_of_pairs(channels, lanes)
    pieces = min(N * OH, MOST_PIECES)
    partial = np.zeros((pieces, len(starts), KH * KW + 1, 2 * lanes), inputs.dtype)
    with one_thread_if(is_small(grad_outputs, window)):
        sum_products(inputs, grads, starts, tables_of(window, H, W), partial)
    with np.errstate(all="ignore"):  # an infinity or NaN passes without a warning, as in every kernel
        sums = out_of_pairs(partial.sum(axis=0), starts, channels)[:, :F]
    return sums[:-1].reshape(KH, KW, C, F // C), sums[-1]


def is_small(outputs, window) -> bool:
    """Return whether one thread does it sooner. Reading memory takes longer here than multiplying."""
    return outputs.size * window.size[0] * window.size[1] < SMALL_PRODUCT // 8


def repeated(inputs, multiplier) -> np.ndarray:
    """Return ``inputs`` with every channel ``multiplier`` times."""
    return inputs if multiplier == 1 else np.repeat(inputs, multiplier, axis=-1)


def filled_up(array) -> np.ndarray:
    """Return ``array`` with at least as many channels as a vector has lanes; the others are zeros."""
    channels, lanes = array.shape[-1], lanes_of(array.itemsize)
    if channels >= lanes:
        return array
    filled = aligned_empty((*array.shape[:-1], lanes), array.dtype)
    filled.fill(0)
    copy_columns(array, filled, channels)
    return filled


def cut_off(array, channels) -> np.ndarray:
    """Return the first channels of ``array``: the reverse of ``filled_up``."""
    if array.shape[-1] == channels:
        return array
    cut = aligned_empty((*array.shape[:-1], channels), array.dtype)
    copy_columns(array, cut, channels)
    return cut


def copy_columns(source, target, channels) -> None:
    """Copy the first channels of every pixel."""
    source, target = (array.reshape(1, -1, array.shape[-1]) for array in (source, target))
    copy_blocks(source, (0, 0), target, (0, 0), (source.shape[1], channels))


def tables_of(window, H, W, backwards=False):
    """Return what meets what: (rows, columns, steps).

    They are the table of ``meetings`` along a column, that of ``grouped_meetings`` along a row, and the steps
    from one meeting to the next, of the pixel and the place: down, then across; and KW.
    """
    (KH, KW, SH, SW, DH, DW, top, left), (OH, OW) = window.arguments(H, W), window.output_size(H, W)
    rows, down = meetings(KH, SH, DH, top, H, OH, backwards)
    columns, right = grouped_meetings(KW, SW, DW, left, W, OW, backwards)
    return rows, columns, (*down, *right, KW)


@functools.lru_cache(maxsize=1024)
def meetings(size, stride, dilation, border, inputs, outputs, backwards=False):
    """Return which places of the kernel meet which pixels, along one axis.

    Output o and place k of the kernel meet the input pixel o·stride + k·dilation − border.

    Args:
        inputs, outputs: their sizes along this axis.
        backwards: whether outputs are looked up for each input pixel, instead of the other way around.

    Returns:
        A table with a row for each pixel (how many meet it, the first one's pixel, the first one's place
        in the kernel), and the steps from one meeting to the next, of the pixel and of the place.
    """
    k = np.arange(size)
    if backwards:
        met, rest = np.divmod(np.arange(inputs)[:, np.newaxis] + border - k * dilation, stride)
        holds = (rest == 0) & (met >= 0) & (met < outputs)
        place_step = stride // math.gcd(stride, dilation)
        steps = (place_step * dilation // stride, -place_step)
        first = size - 1 - holds[:, ::-1].argmax(axis=1)  # the last place meets the first output
    else:
        met = np.arange(outputs)[:, np.newaxis] * stride + k * dilation - border
        holds = (met >= 0) & (met < inputs)
        steps = (dilation, 1)
        first = holds.argmax(axis=1)
    return np.stack([holds.sum(axis=1), met[np.arange(len(met)), first], first], axis=1), steps


@functools.lru_cache(maxsize=1024)
def grouped_meetings(size, stride, dilation, border, inputs, outputs, backwards=False):
    """Return the table of ``meetings`` with two more columns, and the same steps.

    They are the pixel of each row, and how many times four neighbours go together from there on, or 0 for a
    pixel by itself. Neighbours go together if they meet the same places, and each meets at a place what the
    one before meets at the next place.
    """
    table, steps = meetings(size, stride, dilation, border, inputs, outputs, backwards)
    in_step = steps[0] == 1 and stride == 1 if backwards else steps[0] == stride
    runs, pixel = [], 0
    while pixel < len(table):
        alike = (table[pixel:, ::2] == table[pixel, ::2]).all(axis=1)
        neighbours = len(alike) if alike.all() else int(alike.argmin())
        fours = neighbours // 4 if in_step else 0
        runs.append((*table[pixel], pixel, fours))
        pixel += max(1, 4 * fours)
    return np.array(runs, table.dtype).reshape(-1, 5), steps


def images_of_a_pair(outputs) -> int:
    """Return 2 if the channels of a pixel are an odd number of vectors, which are no pairs, else 1."""
    vectors = -(-outputs.shape[-1] // lanes_of(outputs.itemsize))
    return 1 + vectors % 2 if len(outputs) > 1 else 1


@functools.lru_cache(maxsize=1024)
def starts_of_pairs(channels, lanes, images=1) -> np.ndarray:
    """Return where each pair of vectors begins, (pairs, 2); together they cover all channels.

    The last ones end with the last channel, so they may overlap: what is computed twice is the same. With
    two images, both vectors of a pair hold the same channels.
    """
    together = 3 - images  # vectors of an image
    starts = np.arange(-(-channels // (together * lanes)) * together) * lanes
    starts = np.minimum(starts, channels - lanes)
    return starts.reshape(-1, 2) if images == 1 else np.stack([starts, starts], axis=1)


def in_pairs(rows, images=1) -> tuple[np.ndarray, np.ndarray]:
    """Return ``rows`` (R, C) as pairs of vectors, (pairs, R, 2·LANES), and where these begin."""
    lanes = lanes_of(rows.itemsize)
    starts = starts_of_pairs(rows.shape[-1], lanes, images)
    pairs = rows[:, starts[..., np.newaxis] + np.arange(lanes)]  # (R, pairs, 2, LANES)
    return np.ascontiguousarray(pairs.swapaxes(0, 1)).reshape(len(starts), len(rows), 2 * lanes), starts


def out_of_pairs(pairs, starts, channels) -> np.ndarray:
    """Return the rows (R, C) that ``in_pairs`` would cut into these pairs."""
    _, R, width = pairs.shape
    rows = np.empty((R, channels), pairs.dtype)
    places = starts[..., np.newaxis] + np.arange(width // 2)
    rows[:, places] = pairs.reshape(-1, R, 2, width // 2).swapaxes(0, 1)
    return rows
