"""A convolution by ``conv2d_winograd`` and the max pooling behind it in one pass.

A tile of outputs is pooled as soon as it is computed, while it is in the first-level cache, and forgotten.
That is done where each window of the pooling lies in one tile: see ``lie_in_tiles``.

Shapes: inputs (N, H, W, C), kernel (3, 3, C, F) or (5, 5, C, F), bias (F,), outputs and places (N, OH // 2,
OW // 2, F). ``geometry`` is that of the convolution.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_pooled, conv2d_winograd
from cnn_scratch.kernels.batch_normalization import rounded
from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.conv2d_winograd import whole_tiles, whole_vectors
from cnn_scratch.kernels.max_pooling2d import empty_outputs, no_normalization
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.winograd import transform_kernel
from cnn_scratch.kernels.winograd_squares import (
    collect_tile,
    empty_matrices,
    empty_room,
    multiply,
    spread_window,
)
from cnn_scratch.kernels.winograd_tiles import place_of_tile, pool_tile, window_of_image


def lie_in_tiles(window, size) -> bool:
    """Return whether a pooling of outputs (OH, OW) has windows of 2×2 pixels, side by side and whole."""
    return window.size == window.strides == (2, 2) and not any(window.pads(*size))


def forward(
    inputs, kernel, bias, geometry, relu, size, window, vectors=None
) -> tuple[np.ndarray, np.ndarray]:
    """Do what ``conv2d_pooled.forward`` does: return the outputs and their places."""
    outputs, places = empty_outputs((len(inputs), *size, bias.size), inputs.dtype, window)
    normalization = no_normalization(bias.size, bias.dtype)
    if vectors is not None:
        normalization = rounded(inputs.dtype, *vectors)
    convolution, target = (kernel, bias, geometry, relu), (outputs, places, normalization)
    finite = conv2d_winograd.run(pooled_pieces, inputs, convolution, size, target)
    for n in np.flatnonzero(~finite):
        outputs[n : n + 1], places[n : n + 1] = conv2d_pooled.forward(
            inputs[n : n + 1], kernel, bias, geometry, relu, size, window, vectors
        )
    return outputs, places


@compiled_parallel_products
def pooled_pieces(turns, inputs, convolution, tiling, pieces, pooled, finite):
    """Do what ``conv2d_winograd.forward_pieces`` does, but pool the outputs: see ``pool_tile``."""
    factors, spans, biases, floor = convolution
    U = transform_kernel(*factors)
    blocks, _, C, width = U.shape
    F, channels = pooled[0].shape[3], whole_vectors(C, width // 2)
    order, pieces = pieces
    for piece in shared(turns, len(pieces)):
        first, count, kind = pieces[piece]
        tiles = order[first : first + count]
        V = empty_matrices(whole_tiles(count), channels, inputs.dtype)
        products = empty_matrices(whole_tiles(count), width, inputs.dtype)
        room = empty_room(channels, inputs.dtype)
        for t in range(count):
            window = window_of_image(tiling, inputs, tiles[t], kind, channels, room.square)
            spread_window(tiling, window, room, V, t)
        for block in range(blocks):
            filter = block * width
            columns = min(width, whole_vectors(F - filter, width // 2))
            multiply(V, count, (U[block], spans[kind, block]), columns, products)
            for t in range(count):
                collect_tile(tiling, products, t, columns, room)
                if not pool_tile(tiling, room.square, (biases, floor), pooled, tiles[t], filter):
                    finite[place_of_tile(tiling, tiles[t])[0]] = False
