"""Batch normalization: statistics of each channel, and passes that apply them.

All arrays have the channels on the last axis, C of them, and are contiguous: seen flat, the channel
of element i is i mod C. Vectors over channels (mean, scale, …) come in float64.

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
from numba import prange

from cnn_scratch.kernels.compile import compiled, compiled_parallel

# Elements of a piece: 64 KiB of float32, half of a small second-level cache with a second array beside it.
PIECE = 16384
# A wide row is a multiple of so many elements (what a vectorised loop does at a time), unless it would be
# longer than WIDEST.
TOGETHER, WIDEST = 64, 2048


def moments(values) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel, (C,) float64.

    Two passes over each piece while it is in cache, Σ x / n and Σ (x − mean)², and then the pieces
    are merged by the formula of Chan, Golub & LeVeque ("Algorithms for computing the sample
    variance", The American Statistician 1983) for all pieces p at once::

        mean = Σ_p n_p·mean_p / R        R·variance = Σ_p squares_p + Σ_p n_p·(mean_p − mean)²

    The short formula E[x²] − E[x]² would subtract two nearly equal numbers where the mean is large.

    Args:
        values: (…, C), with at least one number per channel.
    """
    C = values.shape[-1]
    wide, piece, pieces = partition(values)
    means, squares = np.empty((pieces, C)), np.empty((pieces, C))
    piece_moments(values.reshape(-1), wide, piece, means, squares)
    R = values.size // C
    counts = np.full((pieces, 1), piece // C)
    counts[-1] = R - (pieces - 1) * (piece // C)
    mean = (means * counts).sum(axis=0) / R
    return mean, (squares + counts * (means - mean) ** 2).sum(axis=0) / R


def normalize(values, mean, scale, shift) -> np.ndarray:
    """Return ``(values − mean) · scale + shift``."""
    wide, piece, _ = partition(values)
    outputs = np.empty_like(values)
    vectors = widened(values, wide, *rounded(values.dtype, mean, scale, shift))
    normalize_pieces(values.reshape(-1), *vectors, piece, outputs.reshape(-1))
    return outputs


def gradient_sums(values, grad_outputs, mean, inverse) -> tuple[np.ndarray, np.ndarray]:
    """Return ``Σ grad_outputs`` and ``Σ grad_outputs · (values − mean) · inverse`` of each channel."""
    wide, piece, pieces = partition(values)
    sums = np.empty((2, pieces, values.shape[-1]))
    center = mean.astype(values.dtype)
    piece_sums(values.reshape(-1), grad_outputs.reshape(-1), *widened(values, wide, center), piece, sums)
    total, dot = sums.sum(axis=1)
    return total, (dot - total * (mean - center)) * inverse


def grad_inputs(values, grad_outputs, mean, scale, slope, shift) -> np.ndarray:
    """Return ``grad_outputs · scale − (values − mean) · slope − shift``."""
    wide, piece, _ = partition(values)
    grads = np.empty_like(values)
    center, slope, shift = rounded(values.dtype, mean, slope, -shift)
    vectors = widened(values, wide, center, scale.astype(values.dtype), slope, -shift)
    grad_pieces(values.reshape(-1), grad_outputs.reshape(-1), *vectors, piece, grads.reshape(-1))
    return grads


def rounded(dtype, mean, scale, shift) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all three in ``dtype``; the shift makes up for the rounding of the mean."""
    center = mean.astype(dtype)
    return center, scale.astype(dtype), (shift - (mean - center) * scale).astype(dtype)


def partition(values) -> tuple[int, int, int]:
    """Return the elements of a wide row, those of a piece (whole wide rows), and the number of pieces."""
    C = values.shape[-1]
    wide = math.lcm(C, TOGETHER)
    if wide > WIDEST:
        wide = -(-WIDEST // 4 // C) * C
    piece = max(1, PIECE // wide) * wide
    return wide, piece, -(-values.size // piece)


def widened(values, wide, *vectors) -> list[np.ndarray]:
    """Return vectors over channels repeated to the length of a wide row."""
    return [np.tile(vector, wide // values.shape[-1]) for vector in vectors]


@compiled_parallel
def piece_moments(values, wide, piece, means, squares):
    """Write the mean of each piece and its sum of squared differences from that mean, (pieces, C)."""
    for p in prange(means.shape[0]):
        part = values[p * piece : (p + 1) * piece]
        C = means.shape[1]
        R = part.size // C
        total, center = np.zeros(wide), np.empty(wide, values.dtype)
        add_wide_rows(part, total)
        fold(total, means[p])
        for c in range(C):
            means[p, c] /= R
        for i in range(wide):
            center[i] = means[p, i % C]
        total[:] = 0.0
        add_squares(part, center, total)
        fold(total, squares[p])
        for c in range(C):
            # Σ (x − center)² = Σ (x − mean)² + R·(mean − center)², where the center is the rounded mean
            off = means[p, c] - center[c]
            squares[p, c] -= R * off * off


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
def normalize_pieces(values, mean, scale, shift, piece, outputs):
    """Write ``(values − mean) · scale + shift``; the vectors have the length of a wide row."""
    wide = mean.size
    for p in prange((values.size + piece - 1) // piece):
        for start in range(p * piece, min((p + 1) * piece, values.size), wide):
            row, target = values[start : start + wide], outputs[start : start + wide]
            for i in range(row.size):
                target[i] = (row[i] - mean[i]) * scale[i] + shift[i]


@compiled_parallel
def piece_sums(values, grad_outputs, center, piece, sums):
    """Write ``Σ g`` and ``Σ g · (x − center)`` of each piece into sums (2, pieces, C)."""
    for p in prange(sums.shape[1]):
        total, dot = np.zeros(center.size), np.zeros(center.size)
        grads = grad_outputs[p * piece : (p + 1) * piece]
        add_wide_rows(grads, total)
        add_products(values[p * piece : (p + 1) * piece], grads, center, dot)
        fold(total, sums[0, p])
        fold(dot, sums[1, p])


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
def grad_pieces(values, grad_outputs, mean, scale, slope, shift, piece, grads):
    """Write ``g · scale − (x − mean) · slope − shift``; the vectors have the length of a wide row."""
    wide = mean.size
    for p in prange((values.size + piece - 1) // piece):
        for start in range(p * piece, min((p + 1) * piece, values.size), wide):
            row, grad = values[start : start + wide], grad_outputs[start : start + wide]
            target = grads[start : start + wide]
            for i in range(row.size):
                target[i] = grad[i] * scale[i] - (row[i] - mean[i]) * slope[i] - shift[i]
