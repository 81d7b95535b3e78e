"""A convolution by ``conv2d_rows``, batch normalization and max pooling behind it, in one pass each way.

A band of the convolution's outputs is computed, and while it is in the cache all else is done with it:

* In a prediction it is normalized and pooled, and forgotten.
* In training it is kept for the backward pass, its mean and variance are computed, and it is pooled. Of each
  window the largest ``(x − mean) · scale + shift`` is wanted, when mean and variance are not known yet. But
  whichever they are, it is made of the largest x if the scale is positive, and of the smallest if it
  is negative. So what is taken is the largest ``sign · x``.
* Backward, the gradient of the convolution's outputs is made band by band, and never leaves the cache::

      ∂loss/∂x = g · scale − (x − mean) · slope − shift   where x > 0 (ReLU), with g unpooled

``kernels/row_quarters.py`` does so where windows are what they usually are.

Shapes: inputs (N, H, W, C), ``images`` (N, OH, OW, F) are the convolution's outputs; taken, places and
outputs (N, rows, columns, F) are the pooling's. Where images are kept, the pooling's windows do not overlap.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_pooled
from cnn_scratch.kernels.batch_normalization import merged, rounded
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.conv2d_rows import BAND_PIXELS, added_up, empty_sums, transformed
from cnn_scratch.kernels.max_pooling2d import empty_outputs, no_normalization, pool_rows
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.normalized_max_pooling2d import unpool_rows
from cnn_scratch.kernels.row_bands import add_band, convolve_band
from cnn_scratch.kernels.row_points import Band, tiles_of_band
from cnn_scratch.kernels.row_quarters import Pooled, in_quarters
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import VECTOR_BYTES, aligned
from cnn_scratch.kernels.window_vectors import every_lane, load_part, store_part

# For mean and variance, TOGETHER pixels at a time are added up by themselves first. The first GUESSED pixels
# give an estimate of the mean.
TOGETHER, GUESSED = 32, 64


def forward(
    inputs, kernel, bias, geometry, relu, size, window, vectors=None
) -> tuple[np.ndarray, np.ndarray]:
    """Do what ``conv2d_pooled.forward`` does: return the outputs and their places."""
    shape = *size, bias.size
    outputs, places = empty_outputs((len(inputs), *shape), inputs.dtype, window)
    normalization = no_normalization(bias.size, bias.dtype)
    if vectors is not None:
        normalization = rounded(inputs.dtype, *vectors)
    kept = np.empty((0, *shape), inputs.dtype), np.empty((3, 0, bias.size))
    convolution = kernel, bias, geometry, relu
    pooling = window.arguments(*size), cut(size, window), normalization
    finite = run(inputs, convolution, pooling, kept, outputs, places)
    for n in np.flatnonzero(~finite):
        outputs[n : n + 1], places[n : n + 1] = conv2d_pooled.forward(
            inputs[n : n + 1], kernel, bias, geometry, relu, size, window, vectors
        )
    return outputs, places


def forward_in_training(inputs, kernel, bias, geometry, relu, size, window, signs) -> tuple | None:
    """Return images, taken, places, and the mean and variance of the images; see above.

    ``None`` if something is not finite; then the layers have to be computed one after the other.

    Args:
        size: (OH, OW), of the convolution.
        window: the ``Window`` of the pooling.
        signs: 1 or −1 for each filter.
    """
    N, F = len(inputs), bias.size
    taken, places = empty_outputs((N, *size, F), inputs.dtype, window)
    images, cuts = aligned_empty((N, *size, F), inputs.dtype), cut(size, window)
    moments = np.empty((3, N * cuts[0], F))
    no_mean, _, no_shift = no_normalization(bias.size, bias.dtype)
    convolution = kernel, bias, geometry, relu
    pooling = window.arguments(*size), cuts, (no_mean, signs, no_shift)
    if not run(inputs, convolution, pooling, (images, moments), taken, places).all():
        return None
    mean, variance = merged(*moments[:, np.newaxis])
    return images, taken, places, (mean[0], variance[0])


def run(inputs, convolution, pooling, kept, outputs, places) -> np.ndarray:
    """Call ``pooled_bands`` with the kernel and the bias transformed; return which images are finite."""
    kernel, bias, geometry, relu = convolution
    finite = np.ones(len(inputs), np.bool_)
    with np.errstate(all="ignore"):
        convolution = (*transformed(kernel, bias), bias.dtype.type(0 if relu else -np.inf)), geometry
        pooled_bands(inputs, convolution, pooling, kept, (outputs, places, finite))
    return finite


def grad_parameters(inputs, geometry, relu, images, grad_outputs, places, vectors, window):
    """Return ∂loss/∂kernel as a matrix (KH·5·C, F), and ∂loss/∂bias (F,); ``None`` if not all is finite.

    Args:
        grad_outputs: ∂loss/∂(the outputs of the pooling).
        vectors: mean, scale, slope and shift, see above.
    """
    F = grad_outputs.shape[-1]
    mean, scale, slope, shift = vectors
    center, slope, shift = rounded(inputs.dtype, mean, slope, shift)
    vectors = scale.astype(inputs.dtype), center, slope, shift
    sums = empty_sums(inputs, geometry, F)
    size = images.shape[1:3]
    gradient = images, grad_outputs, places, vectors, window.arguments(*size), cut(size, window)
    with np.errstate(all="ignore"):
        normalized_gradient_bands(inputs, gradient, relu, geometry, sums)
    return added_up(sums, geometry, inputs.shape[-1], F)


def cut(size, window) -> tuple[int, int, int]:
    """Return in how many bands an image is cut, the rows of windows of one, and its most rows of outputs."""
    (OH, OW), (out_rows, _), pooling = size, window.output_size(*size), window.arguments(*size)
    tall, step, above = pooling[0], pooling[2], pooling[6]
    of_windows = max(1, min(out_rows, BAND_PIXELS // (OW * step)))
    below = max(0, OH + above - out_rows * step)  # rows that belong to no window
    most_rows = min(OH, (of_windows - 1) * step + max(tall, step + below))
    return -(-out_rows // of_windows), of_windows, most_rows


@compiled
def rows_of_band(band, OH, out_rows, pooling, of_windows, all_rows):
    """Return the rows (first, end) of windows, and of the outputs that they see.

    Args:
        all_rows: whether also the rows that no window sees belong to a band.
    """
    tall, step, above = pooling[0], pooling[2], pooling[6]
    row, end_row = band * of_windows, min((band + 1) * of_windows, out_rows)
    first, end = max(0, row * step - above), min(OH, (end_row - 1) * step - above + tall)
    if all_rows:
        end = OH if end_row == out_rows else end_row * step - above
    return (row, end_row), (first, end)


@compiled_parallel_products
def pooled_bands(turns, inputs, convolution, pooling, kept, results):
    """Compute band after band of the convolution, and pool it.

    Args:
        convolution: U, biases (see ``conv2d_rows.transformed``) and the floor; and the geometry.
        pooling: the geometry of its windows, what ``cut`` returns, and mean, scale and shift.
        kept: the images, and counts, means and squares (3, bands of all images, F), see
            ``batch_normalization.merged``. In a prediction they have no images and no bands.
        results: outputs, places, and ``finite`` as in ``conv2d_rows``.
    """
    (kernel, geometry), (windows, cuts, vectors) = convolution, pooling
    bands, of_windows, most_rows = cuts
    (images, moments), (outputs, places, finite) = kept, results
    N, out_rows, out_columns, F = outputs.shape
    _, OH, OW, _ = images.shape
    keeps = len(images) > 0
    tiles = tiles_of_band(geometry, inputs.shape[3], most_rows, OW, F, tile_width(inputs.itemsize))
    for piece in shared(turns, N * bands):
        n = piece // bands
        (row, end_row), (first, end) = rows_of_band(piece % bands, OH, out_rows, windows, of_windows, keeps)
        band, window = Band(inputs[n], first, end - first), (n * out_rows + row) * out_columns
        of_images = images[n, first:end].reshape(-1) if keeps else images.reshape(-1)
        if in_quarters(windows, OH, OW):
            pooled = Pooled(outputs, places, window, vectors)
            is_finite = convolve_band(band, kernel, tiles, of_images, pooled)
        else:
            if not keeps:
                of_images = aligned(band.rows * OW * F, inputs.dtype)
            is_finite = convolve_band(band, kernel, tiles, of_images, None)
            h = row * windows[2] - windows[6]
            of_band = of_images, (OH, OW, F), (h - first) * OW * F, h
            pool_rows(of_band, end_row - row, windows, vectors, outputs, places, window)
        if not is_finite:
            finite[n] = False
        if keeps:
            write_moments(of_images, moments[:, piece])


@compiled
def write_moments(band, moments):
    """Write how many pixels a band has, their mean and their sum of squared differences from it, (3, F).

    The differences are taken from a guess: the mean of the first GUESSED pixels. It cannot be so far from the
    mean of all that the squares lose their digits, for then these pixels alone make the variance large.
    """
    counts, means, squares = moments
    F = counts.size
    counts[:] = band.size // F
    guess = band[:F].copy()
    totals, totals_of_squares = np.empty(F, band.dtype), np.empty(F, band.dtype)
    for part in (band[: GUESSED * F], band):
        add_differences(part, guess, totals, totals_of_squares)
        pixels = part.size // F
        for f in range(F):
            # Σ (x − mean)² = Σ (x − guess)² − pixels·(mean − guess)²
            off = np.float64(totals[f]) / pixels
            squares[f] = totals_of_squares[f] - pixels * off * off
            means[f] = guess[f] + off
            guess[f] = means[f]


@compiled
def add_differences(band, guess, totals, squares):
    """Write ``Σ (x − guess)`` and ``Σ (x − guess)²`` of each filter.

    The sums are of the band's dtype: of TOGETHER pixels first, and then of these sums. So a number takes part
    in few additions, however many pixels there are.
    """
    F, lanes = guess.size, VECTOR_BYTES // band.itemsize
    count, pixels = min(F, lanes), band.size // F
    for block in range(0, F, lanes):
        f = min(block, F - count)
        center = load_part(guess, f, count)
        total = square = every_lane(0, center)
        for begin in range(0, pixels, TOGETHER):
            end = min(begin + TOGETHER, pixels)
            some = some_square = others = other_square = every_lane(0, center)
            # Two sums at a time, so that an addition need not wait for the one before.
            for pixel in range(begin, end - 1, 2):
                x = load_part(band, pixel * F + f, count) - center
                y = load_part(band, (pixel + 1) * F + f, count) - center
                some, some_square = some + x, some_square + x * x
                others, other_square = others + y, other_square + y * y
            if (end - begin) % 2:
                x = load_part(band, (end - 1) * F + f, count) - center
                some, some_square = some + x, some_square + x * x
            total, square = total + (some + others), square + (some_square + other_square)
        store_part(totals, f, count, total)
        store_part(squares, f, count, square)


@compiled_parallel_products
def normalized_gradient_bands(turns, inputs, gradient, relu, geometry, sums):
    """Add ∂U and ∂bias of each piece of the batch into its part of the sums.

    Args:
        gradient: images, grad_outputs, places, (scale, mean, slope, shift), the geometry of the pooling's
            windows, and what ``cut`` returns.
        sums: see ``conv2d_rows.empty_sums``.
    """
    images, grad_outputs, places, vectors, windows, (bands, of_windows, most_rows) = gradient
    of_kernel, of_bias = sums
    N, OH, OW, F = images.shape
    _, out_rows, out_columns, _ = grad_outputs.shape
    tiles = tiles_of_band(geometry, inputs.shape[3], most_rows, OW, F, tile_width(inputs.itemsize))
    pieces = len(of_kernel)
    for piece in shared(turns, pieces):
        of_piece = of_kernel[piece], of_bias[piece]
        grads = np.empty((most_rows, OW, F), inputs.dtype)
        for n in range(piece * N // pieces, (piece + 1) * N // pieces):
            for part in range(bands):
                (row, end_row), (first, end) = rows_of_band(part, OH, out_rows, windows, of_windows, True)
                band, out_row = Band(inputs[n], first, end - first), n * out_rows + row
                image, grad_image = images[n, first:end], grads[: end - first]
                if in_quarters(windows, OH, OW):
                    pooled = Pooled(grad_outputs, places, out_row * out_columns, vectors)
                    add_band(band, image.reshape(-1), relu, grads[:0].reshape(-1), tiles, of_piece, pooled)
                else:
                    where = row * windows[2] - windows[6] - first, end_row - row, end_row == out_rows
                    unpool_rows(image, where, windows, vectors, grad_outputs, places, out_row, grad_image)
                    grad_image = grad_image.reshape(-1)
                    add_band(band, image.reshape(-1), relu, grad_image, tiles, of_piece, None)
