"""A convolution and the max pooling behind it in one pass, by the tiles of ``conv2d_direct``.

The outputs of the convolution are many times more numbers than what the pooling leaves of them. Here a band
of them is computed, pooled while it is in the cache, and forgotten.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C, F), bias (F,), outputs (N, rows, columns, F), and with
them ``places``, as in ``kernels/max_pooling2d.py``. ``geometry`` is that of the convolution.
"""

import numpy as np

from cnn_scratch.kernels.batch_normalization import rounded
from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.conv2d_direct import (
    BAND_PIXELS,
    GradOutputs,
    convolve_band,
    in_blocks,
    sum_of_pieces,
)
from cnn_scratch.kernels.max_pooling2d import empty_outputs, no_normalization, pool_rows
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.vector import aligned
from cnn_scratch.kernels.window_layout import layout_of_band


def forward(
    inputs, kernel, bias, geometry, relu, size, window, vectors=None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest output of the convolution in every window of a pooling, and its place.

    Args:
        size: (OH, OW), of the convolution.
        window: the ``Window`` of the pooling.
        vectors: mean, scale and shift of ``(outputs − mean) · scale + shift``, of which the largest are
            taken then.
    """
    OH, OW = size
    outputs, places = empty_outputs((len(inputs), OH, OW, bias.size), inputs.dtype, window)
    vectors = no_normalization(bias.size, bias.dtype) if vectors is None else rounded(inputs.dtype, *vectors)
    convolution = *in_blocks(kernel, bias), bias.dtype.type(0 if relu else -np.inf), geometry
    pooled_tiles(inputs, convolution, (size, window.arguments(OH, OW), vectors), outputs, places)
    return outputs, places


def grad_parameters(
    inputs, grad_outputs, geometry, size, window, places, relu_outputs=None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel as a matrix (KH·KW·C, F), and ∂loss/∂bias (F,).

    Args:
        grad_outputs: ∂loss/∂(the outputs of the pooling).
        size, window, places: see ``forward``.
        relu_outputs: these outputs, if a ReLU is to be taken back, too.
    """
    relu_outputs = grad_outputs[:0] if relu_outputs is None else relu_outputs
    gradient = GradOutputs(grad_outputs, relu_outputs, size, window.arguments(*size), places)
    return sum_of_pieces(inputs, gradient, geometry)


@compiled_parallel_products
def pooled_tiles(turns, inputs, convolution, pooling, outputs, places):
    """Write the outputs of a pooling, and their places; the convolution's own outputs never leave the cache.

    Args:
        convolution: see ``conv2d_direct.convolve_band``.
        pooling: (OH, OW), the size of the convolution's outputs; the geometry of the pooling's windows; mean,
            scale and shift of each filter, see ``kernels/normalized_max_pooling2d.py``.
        outputs, places: (N, rows, columns, F).
    """
    size, windows, vectors = pooling
    OH, OW = size
    N, out_rows, out_columns, F = outputs.shape
    # One row of outputs sees ``tall`` rows of the convolution, the next one begins ``step`` rows below.
    tall, _, step, _, _, _, above, _ = windows
    band_rows = max(1, min(out_rows, BAND_PIXELS // (OW * step)))
    bands = (out_rows + band_rows - 1) // band_rows
    layout = layout_of_band(convolution[3], inputs.shape, size, min(OH, (band_rows - 1) * step + tall), F)
    for piece in shared(turns, N * bands):
        n, row = piece // bands, piece % bands * band_rows
        end_row = min(row + band_rows, out_rows)
        h = row * step - above
        first = max(0, h)
        rows = min(OH, (end_row - 1) * step - above + tall) - first
        band = aligned(rows * OW * F, inputs.dtype)
        convolve_band(inputs[n], convolution, layout, first, rows, band)
        images = band, (OH, OW, F), (h - first) * OW * F, h
        pixel = (n * out_rows + row) * out_columns
        pool_rows(images, end_row - row, windows, vectors, outputs, places, pixel)
