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
* Sums are float64 for both dtypes; only differences from a number near the mean, and the sums and products of
  a few of them, are computed in the dtype of the data. So each pass waits for the memory, not for the
  arithmetic, and the sums that are of the same numbers are made in one pass.

A ReLU behind the normalization costs no pass of its own. Forward, it is a floor (and a ceiling); backward,
whether a gradient passed it is seen from the output, which is computed again from x.
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
TOGETHER, WIDEST = 256, 2048
# So many wide rows of a piece give a first estimate of its mean.
FIRST_ROWS = 8
# The bounds of outputs whose gradient passes: all.
EVERY = -np.inf, np.inf


def moments(values) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel, (C,) float64. See ``moments_of_samples``."""
    mean, variance = moments_of_samples(values[np.newaxis])
    return mean[0], variance[0]


def moments_of_samples(values) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the biased variance of each channel of each sample, (N, C) float64.

    One pass over each piece adds up differences from a center c, the mean of its first rows, and then the
    pieces are merged by the formula of Chan, Golub & LeVeque ("Algorithms for computing the sample
    variance", The American Statistician 1983) for all pieces p at once::

        mean_p = c + Σ (x − c) / n_p     squares_p = Σ (x − c)² − (Σ (x − c))² / n_p
        mean = Σ_p n_p·mean_p / R        R·variance = Σ_p squares_p + Σ_p n_p·(mean_p − mean)²

    With c = 0, squares_p would be the difference of two nearly equal numbers where the mean is large.

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


def normalize(values, mean, scale, shift, floor=-np.inf, ceiling=np.inf, other=None) -> np.ndarray:
    """Return ``(values − mean) · scale + shift + other``, kept between the bounds."""
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, _ = partition(sets, C)
    outputs = aligned_empty(values.shape, values.dtype)
    vectors = widened(wide, C, *rounded(values.dtype, mean, scale, shift))
    bounds = values.dtype.type(floor), values.dtype.type(ceiling)
    others = np.empty((0, 0), values.dtype) if other is None else as_sets(other, mean)
    normalize_pieces(sets, *vectors, others, bounds, piece, as_sets(outputs, mean))
    return outputs


def gradient_sums(values, grad_outputs, mean, inverse, linear=None, passing=EVERY) -> tuple:
    """Return ``Σ g`` and ``Σ g · (values − mean) · inverse`` of each channel, g being gradients that pass.

    Args:
        linear: scale and shift of the outputs ``(values − mean) · scale + shift``, if it depends on them.
        passing: a gradient passes where the output is above the first of these numbers and not above the
            second.
    """
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, pieces = partition(sets, C)
    sums = np.empty((2, len(sets), pieces, C))
    vectors, bounds = mask(values.dtype, wide, C, mean, linear, passing)
    piece_sums(sets, as_sets(grad_outputs, mean), vectors, bounds, piece, sums)
    total, dot = sums.sum(axis=2).reshape(2, *mean.shape)
    return total, (dot - total * (mean - mean.astype(values.dtype))) * inverse


def grad_inputs(values, grad_outputs, mean, scale, slope, shift, linear=None, passing=EVERY) -> np.ndarray:
    """Return ``g · scale − (values − mean) · slope − shift``; for g see ``gradient_sums``."""
    C = values.shape[-1]
    sets = as_sets(values, mean)
    wide, piece, _ = partition(sets, C)
    grads = aligned_empty(values.shape, values.dtype)
    _, slope, shift = rounded(values.dtype, mean, slope, -shift)
    of_gradient = stacked(wide, C, scale.astype(values.dtype), slope, -shift)
    vectors, bounds = mask(values.dtype, wide, C, mean, linear, passing)
    grad_pieces(sets, as_sets(grad_outputs, mean), vectors, bounds, of_gradient, piece, as_sets(grads, mean))
    return grads


def mask(dtype, wide, C, mean, linear, passing) -> tuple[np.ndarray, tuple]:
    """Return what ``passed`` needs: center, scale and shift of the outputs as wide rows, and the bounds."""
    scale, shift = (np.zeros_like(mean), np.zeros_like(mean)) if linear is None else linear
    above, highest = passing
    bounds = dtype.type(above), dtype.type(highest), dtype.type(0), linear is None
    return stacked(wide, C, *rounded(dtype, mean, scale, shift)), bounds


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


def stacked(wide, C, *vectors) -> np.ndarray:
    """Return the same in one array, (sets, vectors, wide)."""
    return np.stack(widened(wide, C, *vectors), axis=1)


@compiled_parallel
def piece_moments(turns, values, wide, piece, means, squares):
    """Write the mean of each piece and its sum of squared differences from that mean, (sets, pieces, C)."""
    sets, pieces, C = means.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        mean, square = means[s, p], squares[s, p]
        part = values[s, p * piece : (p + 1) * piece]
        first, R = part[: FIRST_ROWS * wide], part.size // C
        sums, center = np.zeros((2, wide)), np.empty(wide, values.dtype)
        for start in range(0, first.size, wide):
            add_row(first[start : start + wide], sums[0])
        fold(sums[0], mean)
        for start in range(0, wide, C):
            for c in range(C):
                center[start + c] = mean[c] / (first.size // C)
        sums[0] = 0.0
        add_differences(part, center, sums[0], sums[1])
        fold(sums[0], mean)
        fold(sums[1], square)
        for c in range(C):
            off = mean[c] / R
            square[c] -= off * mean[c]
            mean[c] = center[c] + off


@compiled
def four_rows(flat, start, wide):
    """Return four wide rows of a flat array, the first of them at ``start``."""
    end = start + 4 * wide
    second, third, fourth = start + wide, start + 2 * wide, start + 3 * wide
    return flat[start:second], flat[second:third], flat[third:fourth], flat[fourth:end]


@compiled
def add_row(row, total):
    """Add a wide row to ``total`` in place; it may be short."""
    for i in range(row.size):
        total[i] += row[i]


@compiled
def add_differences(part, center, total, squares):
    """Add ``x − center`` and ``(x − center)²`` of all wide rows of a piece in place; the last may be short."""
    wide = center.size
    fours = part.size // (4 * wide) * 4 * wide
    for start in range(0, fours, 4 * wide):
        a, b, c, d = four_rows(part, start, wide)
        for i in range(wide):
            x, y, z, w = a[i] - center[i], b[i] - center[i], c[i] - center[i], d[i] - center[i]
            total[i] += (x + y) + (z + w)
            squares[i] += (x * x + y * y) + (z * z + w * w)
    for start in range(fours, part.size, wide):
        row = part[start : start + wide]
        for i in range(row.size):
            x = row[i] - center[i]
            total[i] += x
            squares[i] += x * x


@compiled
def fold(total, sums):
    """Write the sums of each channel, ``sums[c] = Σ_k total[k·C + c]``."""
    C = sums.size
    sums[:] = 0.0
    for start in range(0, total.size, C):
        for c in range(C):
            sums[c] += total[start + c]


@compiled_parallel
def normalize_pieces(turns, values, mean, scale, shift, others, bounds, piece, outputs):
    """Write ``clip((values − mean) · scale + shift + others, *bounds)``; the vectors are (sets, wide)."""
    floor, ceiling = bounds
    sets, M = values.shape
    wide, pieces = mean.shape[1], (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        center, factor, offset = mean[s], scale[s], shift[s]
        for start in range(p * piece, min((p + 1) * piece, M), wide):
            row, target = values[s, start : start + wide], outputs[s, start : start + wide]
            if others.size:
                other = others[s, start : start + wide]
                for i in range(row.size):
                    value = (row[i] - center[i]) * factor[i] + offset[i] + other[i]
                    value = floor if value < floor else value  # a comparison with NaN is false
                    target[i] = ceiling if value > ceiling else value
            else:
                for i in range(row.size):
                    value = (row[i] - center[i]) * factor[i] + offset[i]
                    value = floor if value < floor else value
                    target[i] = ceiling if value > ceiling else value


@compiled
def passed(grad, off, scale, shift, bounds):
    """Return the gradient of ``off · scale + shift`` if the output passed its gradient on, else 0."""
    above, highest, zero, every = bounds
    output = off * scale + shift
    return grad if every | ((output > above) & (output <= highest)) else zero


@compiled_parallel
def piece_sums(turns, values, grad_outputs, vectors, bounds, piece, sums):
    """Write ``Σ g`` and ``Σ g · (x − center)`` of each piece into sums (2, sets, pieces, C)."""
    _, sets, pieces, _ = sums.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        both = np.zeros((2, vectors.shape[2]))
        grads = grad_outputs[s, p * piece : (p + 1) * piece]
        add_products(values[s, p * piece : (p + 1) * piece], grads, vectors[s], bounds, both[0], both[1])
        fold(both[0], sums[0, s, p])
        fold(both[1], sums[1, s, p])


@compiled
def add_products(part, grads, vectors, bounds, total, dot):
    """Add ``g`` and ``g · (x − center)`` of all wide rows of a piece in place."""
    center, scale, shift, wide = vectors[0], vectors[1], vectors[2], dot.size
    twos = part.size // (2 * wide) * 2 * wide
    for start in range(0, twos, 2 * wide):
        x, g = part[start : start + wide], grads[start : start + wide]
        y, h = part[start + wide : start + 2 * wide], grads[start + wide : start + 2 * wide]
        for i in range(wide):
            one, two = x[i] - center[i], y[i] - center[i]
            a = passed(g[i], one, scale[i], shift[i], bounds)
            b = passed(h[i], two, scale[i], shift[i], bounds)
            total[i] += a + b
            dot[i] += a * one + b * two
    for start in range(twos, part.size, wide):
        x, g = part[start : start + wide], grads[start : start + wide]
        for i in range(x.size):
            off = x[i] - center[i]
            a = passed(g[i], off, scale[i], shift[i], bounds)
            total[i] += a
            dot[i] += a * off


@compiled_parallel
def grad_pieces(turns, values, grad_outputs, vectors, bounds, of_gradient, piece, grads):
    """Write ``g · factor − (x − center) · slope − offset``, these three of ``of_gradient``."""
    sets, M = values.shape
    wide, pieces = vectors.shape[2], (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        for start in range(p * piece, min((p + 1) * piece, M), wide):
            row, grad = values[s, start : start + wide], grad_outputs[s, start : start + wide]
            write_gradient(row, grad, vectors[s], bounds, of_gradient[s], grads[s, start : start + wide])


@compiled
def write_gradient(row, grad, vectors, bounds, of_gradient, target):
    """Write one wide row of it; the row may be short."""
    center, scale, shift = vectors[0], vectors[1], vectors[2]
    factor, slope, offset = of_gradient[0], of_gradient[1], of_gradient[2]
    for i in range(row.size):
        off = row[i] - center[i]
        g = passed(grad[i], off, scale[i], shift[i], bounds)
        target[i] = g * factor[i] - off * slope[i] - offset[i]
