"""Batch normalization: statistics of each channel, and passes that apply them.

All arrays have the channels on the last axis, C of them, and are contiguous: seen flat, the channel
of element i is i mod C. Vectors over channels (mean, scale, …) come in float64: (C,), or (N, C) where
each sample has its own, as in group normalization. Inside they are (sets, C), and the data is (sets, M):
one set with all numbers, or one for each sample.

Three decisions shape the loops:

* Several pixels side by side make one *wide row*, so that the inner loop is long and even whatever
  C is (20 channels fill no whole number of vector registers, 320 do).
* The data is cut into pieces that fit a core's cache, by shape alone. Each piece gives its own sums,
  and they are added in a fixed order, so the result does not depend on the number of threads.
* Sums are float64 for both dtypes; only differences from the mean, and the products of a few of them, are
  computed in the dtype of the data. So each pass waits for the memory, not for the arithmetic.
"""

import math

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared

# Elements of a piece: 64 KiB of float32, half of a small second-level cache with a second array beside it.
PIECE = 16384
# A wide row is a multiple of so many elements (what a vectorised loop does at a time), unless it would be
# longer than WIDEST.
TOGETHER, WIDEST = 64, 2048


def moments(values) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel, (C,) float64. See ``moments_of_samples``."""
    mean, variance = moments_of_samples(values[np.newaxis])
    return mean[0], variance[0]


def moments_of_samples(values) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel of each sample, (N, C) float64.

    Two passes over each piece while it is in cache, Σ x / n and Σ (x − mean)², and then the pieces
    are merged by the formula of Chan, Golub & LeVeque ("Algorithms for computing the sample
    variance", The American Statistician 1983) for all pieces p at once::

        mean = Σ_p n_p·mean_p / R        R·variance = Σ_p squares_p + Σ_p n_p·(mean_p − mean)²

    The short formula E[x²] − E[x]² would subtract two nearly equal numbers where the mean is large.

    Args:
        values: (N, …, C), with at least one number per channel.
    """
    N, C = len(values), values.shape[-1]
    sets = values.reshape(N, -1)
    wide, piece, pieces = partition(sets, C)
    means, squares = np.empty((2, N, pieces, C))
    piece_moments(sets, wide, piece, means, squares)
    R = sets.shape[1] // C
    counts = np.full((pieces, 1), piece // C)
    counts[-1] = R - (pieces - 1) * (piece // C)
    return merged(counts, means, squares)


def merged(counts, means, squares) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance, (N, C), given those of pieces of each sample.

    Args:
        counts: how many numbers a channel of each piece has; it can be broadcast to the others.
        means, squares: their mean, and their sum of squared differences from it, (N, pieces, C).
    """
    R = counts.sum(axis=-2)
    mean = (means * counts).sum(axis=1) / R
    return mean, (squares + counts * (means - mean[:, np.newaxis]) ** 2).sum(axis=1) / R


def normalize(values, mean, scale, shift, floor=-np.inf, ceiling=np.inf) -> np.ndarray:
    """Return ``(values − mean) · scale + shift``, kept between the bounds."""
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, _ = partition(sets, C)
    outputs = aligned_empty(values.shape, values.dtype)
    vectors = widened(wide, C, *rounded(values.dtype, mean, scale, shift))
    bounds = values.dtype.type(floor), values.dtype.type(ceiling)
    normalize_pieces(sets, *vectors, bounds, piece, as_sets(outputs, mean))
    return outputs


def gradient_sums(values, grad_outputs, mean, inverse) -> tuple[np.ndarray, np.ndarray]:
    """Return ``Σ grad_outputs`` and ``Σ grad_outputs · (values − mean) · inverse`` of each channel."""
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, pieces = partition(sets, C)
    sums = np.empty((2, len(sets), pieces, C))
    center = mean.astype(values.dtype)
    piece_sums(sets, as_sets(grad_outputs, mean), *widened(wide, C, center), piece, sums)
    total, dot = sums.sum(axis=2).reshape(2, *mean.shape)
    return total, (dot - total * (mean - center)) * inverse


def grad_inputs(values, grad_outputs, mean, scale, slope, shift) -> np.ndarray:
    """Return ``grad_outputs · scale − (values − mean) · slope − shift``."""
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, _ = partition(sets, C)
    grads = aligned_empty(values.shape, values.dtype)
    center, slope, shift = rounded(values.dtype, mean, slope, -shift)
    vectors = widened(wide, C, center, scale.astype(values.dtype), slope, -shift)
    grad_pieces(sets, as_sets(grad_outputs, mean), *vectors, piece, as_sets(grads, mean))
    return grads


def rounded(dtype, mean, scale, shift) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all three in ``dtype``; the shift makes up for the rounding of the mean."""
    center = mean.astype(dtype)
    return center, scale.astype(dtype), (shift - (mean - center) * scale).astype(dtype)


def as_sets(values, mean) -> np.ndarray:
    """Return the values (…, C) as the sets (sets, M) that a ``mean`` (C,) or (N, C) is of."""
    sets = mean.size // values.shape[-1]
    return values.reshape(sets, values.size // max(1, sets))


def partition(sets, C) -> tuple[int, int, int]:
    """Return the elements of a wide row, those of a piece (whole wide rows), and the pieces of a set."""
    wide = math.lcm(C, TOGETHER)
    if wide > WIDEST:
        wide = -(-WIDEST // 4 // C) * C
    piece = max(1, PIECE // wide) * wide
    return wide, piece, -(-sets.shape[1] // piece)


def widened(wide, C, *vectors) -> list[np.ndarray]:
    """Return vectors over channels repeated to the length of a wide row, (sets, wide)."""
    return [np.tile(vector.reshape(-1, C), wide // C) for vector in vectors]


@compiled_parallel
def piece_moments(turns, values, wide, piece, means, squares):
    """Write the mean of each piece and its sum of squared differences from that mean, (sets, pieces, C)."""
    sets, pieces, C = means.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        part = values[s, p * piece : (p + 1) * piece]
        R = part.size // C
        total, center = np.zeros(wide), np.empty(wide, values.dtype)
        add_wide_rows(part, total)
        fold(total, means[s, p])
        for c in range(C):
            means[s, p, c] /= R
        for i in range(wide):
            center[i] = means[s, p, i % C]
        total[:] = 0.0
        add_squares(part, center, total)
        fold(total, squares[s, p])
        for c in range(C):
            # Σ (x − center)² = Σ (x − mean)² + R·(mean − center)², where the center is the rounded mean
            off = means[s, p, c] - center[c]
            squares[s, p, c] -= R * off * off


@compiled
def four_rows(flat, start, wide):
    """Return four wide rows of a flat array, the first of them at ``start``."""
    end = start + 4 * wide
    second, third, fourth = start + wide, start + 2 * wide, start + 3 * wide
    return flat[start:second], flat[second:third], flat[third:fourth], flat[fourth:end]


@compiled
def add_wide_rows(part, total):
    """Add all wide rows of a piece to ``total`` in place; the last row may be short."""
    wide = total.size
    fours = part.size // (4 * wide) * 4 * wide
    for start in range(0, fours, 4 * wide):
        a, b, c, d = four_rows(part, start, wide)
        for i in range(wide):
            total[i] += (np.float64(a[i]) + b[i]) + (np.float64(c[i]) + d[i])
    for start in range(fours, part.size, wide):
        row = part[start : start + wide]
        for i in range(row.size):
            total[i] += row[i]


@compiled
def add_squares(part, center, total):
    """Add ``(x − center)²`` of all wide rows of a piece to ``total`` in place."""
    wide = total.size
    fours = part.size // (4 * wide) * 4 * wide
    for start in range(0, fours, 4 * wide):
        a, b, c, d = four_rows(part, start, wide)
        for i in range(wide):
            x, y, z, w = a[i] - center[i], b[i] - center[i], c[i] - center[i], d[i] - center[i]
            total[i] += (x * x + y * y) + (z * z + w * w)
    for start in range(fours, part.size, wide):
        row = part[start : start + wide]
        for i in range(row.size):
            x = row[i] - center[i]
            total[i] += x * x


@compiled
def fold(total, sums):
    """Write the sums of each channel, ``sums[c] = Σ_k total[k·C + c]``."""
    C = sums.size
    sums[:] = 0.0
    for start in range(0, total.size, C):
        for c in range(C):
            sums[c] += total[start + c]


@compiled_parallel
def normalize_pieces(turns, values, mean, scale, shift, bounds, piece, outputs):
    """Write ``clip((values − mean) · scale + shift, *bounds)``; the vectors are (sets, wide)."""
    floor, ceiling = bounds
    sets, M = values.shape
    wide, pieces = mean.shape[1], (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        center, factor, offset = mean[s], scale[s], shift[s]
        for start in range(p * piece, min((p + 1) * piece, M), wide):
            row, target = values[s, start : start + wide], outputs[s, start : start + wide]
            for i in range(row.size):
                value = (row[i] - center[i]) * factor[i] + offset[i]
                value = floor if value < floor else value  # a comparison with NaN is false
                target[i] = ceiling if value > ceiling else value


@compiled_parallel
def piece_sums(turns, values, grad_outputs, center, piece, sums):
    """Write ``Σ g`` and ``Σ g · (x − center)`` of each piece into sums (2, sets, pieces, C)."""
    _, sets, pieces, _ = sums.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        total, dot = np.zeros(center.shape[1]), np.zeros(center.shape[1])
        grads = grad_outputs[s, p * piece : (p + 1) * piece]
        add_wide_rows(grads, total)
        add_products(values[s, p * piece : (p + 1) * piece], grads, center[s], dot)
        fold(total, sums[0, s, p])
        fold(dot, sums[1, s, p])


@compiled
def add_products(part, grads, center, dot):
    """Add ``g · (x − center)`` of all wide rows of a piece to ``dot`` in place."""
    wide = dot.size
    # Two rows at a time: LLVM checks that no two arrays overlap, and gives up if there are many.
    twos = part.size // (2 * wide) * 2 * wide
    for start in range(0, twos, 2 * wide):
        x, g = part[start : start + wide], grads[start : start + wide]
        y, h = part[start + wide : start + 2 * wide], grads[start + wide : start + 2 * wide]
        for i in range(wide):
            dot[i] += g[i] * (x[i] - center[i]) + h[i] * (y[i] - center[i])
    for start in range(twos, part.size, wide):
        x, g = part[start : start + wide], grads[start : start + wide]
        for i in range(x.size):
            dot[i] += g[i] * (x[i] - center[i])


@compiled_parallel
def grad_pieces(turns, values, grad_outputs, mean, scale, slope, shift, piece, grads):
    """Write ``g · scale − (x − mean) · slope − shift``; the vectors are (sets, wide)."""
    sets, M = values.shape
    wide, pieces = mean.shape[1], (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        center, factor, steep, offset = mean[s], scale[s], slope[s], shift[s]
        for start in range(p * piece, min((p + 1) * piece, M), wide):
            row, grad = values[s, start : start + wide], grad_outputs[s, start : start + wide]
            target = grads[s, start : start + wide]
            for i in range(row.size):
                target[i] = grad[i] * factor[i] - (row[i] - center[i]) * steep[i] - offset[i]
