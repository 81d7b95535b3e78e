"""Batch normalization: statistics of each channel, and passes that apply them.

All arrays have the channels on the last axis, C of them, and are contiguous: seen flat, the channel
of element i is i mod C. Vectors over channels (mean, scale, …) come in float64: (C,), or (N, C) where
each sample has its own, as in group normalization. Inside they are (sets, C), and the data is (sets, M):
one set with all numbers, or one for each sample.

Three decisions shape the loops:

* Several pixels side by side make one *wide row*, so that the inner loop is long and even whatever
  C is (20 channels fill no whole number of vector registers, 320 do).
* The data is cut into pieces, by shape alone. Each piece gives its own sums, and they are added in a fixed
  order, so the result does not depend on the number of threads.
* Sums are float64 for both dtypes; only differences from a number near the mean, and the sums and products of
  a few of them, are computed in the dtype of the data. Sums of the same numbers are made in one pass, and
  an array is read from its first number to its last: that is what a processor fetches ahead.

A ReLU behind the normalization costs no pass of its own. Forward, it is a floor (and a ceiling); backward,
whether a gradient passed it is seen from the output, which is computed again from x.
"""

import math

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared

# Elements of a piece: 64 KiB of float32. Where sums are made, a piece has at least PIECE_ROWS wide rows, and
# a set at most MOST_PIECES pieces, because adding up the sums of the pieces takes time, too.
PIECE, PIECE_ROWS, MOST_PIECES = 16384, 32, 64
# A wide row has at least LONG elements, and a multiple of LANES (what one instruction handles) unless that
# makes it longer than WIDEST: vectors over channels, repeated to its length, are to stay in the first cache.
LONG, LANES, WIDEST = 256, 16, 1024
# FEW_ROWS wide rows are added up in the dtype of the data. The mean of the first FIRST_ROWS is the center.
FEW_ROWS, FIRST_ROWS = 8, 2
# The bounds between which an output lets its gradient pass: here every gradient passes.
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
    sets, wide = as_sets(values, mean), wide_row(values.shape[-1])
    outputs = aligned_empty(values.shape, values.dtype)
    vectors = stacked(values, *rounded(values.dtype, mean, scale, shift))
    bounds = values.dtype.type(floor), values.dtype.type(ceiling)
    others = np.empty((0, 0), values.dtype) if other is None else as_sets(other, mean)
    normalize_pieces(sets, vectors, others, bounds, wide, as_sets(outputs, mean))
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
    center = mean.astype(values.dtype)
    vectors = stacked(values, *(rounded(values.dtype, mean, *linear) if linear else [center] * 3))
    grads = as_sets(grad_outputs, mean)
    piece_sums(sets, grads, vectors, rule(values, passing), wide, piece, sums)
    total, dot = sums.sum(axis=2).reshape(2, *mean.shape)
    return total, (dot - total * (mean - center)) * inverse


def grad_inputs(values, grad_outputs, mean, scale, slope, shift, output_shift=None, passing=EVERY):
    """Return ``g · scale − (values − mean) · slope − shift``.

    Args:
        output_shift: the outputs are ``(values − mean) · scale + output_shift``, if g depends on them.
        passing: see ``gradient_sums``.
    """
    sets, wide = as_sets(values, mean), wide_row(values.shape[-1])
    results = aligned_empty(values.shape, values.dtype)
    _, slope, shift = rounded(values.dtype, mean, slope, shift)
    output_shift = np.zeros_like(mean) if output_shift is None else output_shift
    center, scale, output_shift = rounded(values.dtype, mean, scale, output_shift)
    vectors = stacked(values, center, scale, output_shift, slope, shift)
    grads = as_sets(grad_outputs, mean)
    grad_pieces(sets, grads, vectors, rule(values, passing), wide, as_sets(results, mean))
    return results


def rounded(dtype, mean, scale, shift) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all three in ``dtype``; the shift makes up for the rounding of the mean."""
    center = mean.astype(dtype)
    return center, scale.astype(dtype), (shift - (mean - center) * scale).astype(dtype)


def stacked(values, *vectors) -> np.ndarray:
    """Return vectors over the channels of the values in one array, (vectors, sets, C)."""
    return np.array(vectors).reshape(len(vectors), -1, values.shape[-1])


def rule(values, passing) -> tuple:
    """Return what ``passed`` needs: the bounds, 0, and whether every gradient passes."""
    above, highest = passing
    return values.dtype.type(above), values.dtype.type(highest), values.dtype.type(0), passing == EVERY


def as_sets(values, mean) -> np.ndarray:
    """Return the values (…, C) as the sets (sets, M) that a ``mean`` (C,) or (N, C) is of."""
    sets = mean.size // values.shape[-1]
    return values.reshape(sets, values.size // max(1, sets))


def wide_row(C) -> int:
    """Return the elements of a wide row."""
    wide = math.lcm(C, LANES)
    wide = C if wide > WIDEST else wide
    return wide * -(-LONG // wide)


def partition(sets, C) -> tuple[int, int, int]:
    """Return the elements of a wide row, those of a piece (whole wide rows), and the pieces of a set."""
    wide, size = wide_row(C), sets.shape[1]
    piece = -(-max(PIECE, PIECE_ROWS * wide, -(-size // MOST_PIECES)) // wide) * wide
    return wide, piece, -(-size // piece)


@compiled_parallel
def piece_moments(turns, values, wide, piece, means, squares):
    """Write the mean of each piece and its sum of squared differences from that mean, (sets, pieces, C)."""
    sets, pieces, C = means.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        mean, square = means[s, p], squares[s, p]
        part = values[s, p * piece : (p + 1) * piece]
        sums, center = np.zeros((2, wide)), np.zeros(wide, values.dtype)
        first, R = part[: FIRST_ROWS * wide], part.size // C
        add_differences(first, center, sums[0], sums[1])
        fold(sums[0], mean)
        for start in range(0, wide, C):
            for c in range(C):
                center[start + c] = mean[c] / (first.size // C)
        sums[:] = 0.0
        add_differences(part, center, sums[0], sums[1])
        fold(sums[0], mean)
        fold(sums[1], square)
        for c in range(C):
            off = mean[c] / R
            square[c] -= off * mean[c]
            mean[c] = center[c] + off


@compiled
def add_differences(part, center, total, squares):
    """Add ``x − center`` and ``(x − center)²`` of all wide rows of a piece; the last may be short."""
    wide = center.size
    few = np.zeros((2, wide), part.dtype)
    few_total, few_squares = few[0], few[1]
    for first in range(0, part.size, FEW_ROWS * wide):
        for start in range(first, min(part.size, first + FEW_ROWS * wide), wide):
            row = part[start : start + wide]
            for i in range(row.size):
                off = row[i] - center[i]
                few_total[i] += off
                few_squares[i] += off * off
        hand_over(few_total, total)
        hand_over(few_squares, squares)


@compiled
def hand_over(few, total):
    """Add ``few`` to ``total``, and make it zero."""
    for i in range(few.size):
        total[i] += few[i]
        few[i] = 0


@compiled
def fold(total, sums):
    """Write the sums of each channel, ``sums[c] = Σ_k total[k·C + c]``."""
    C = sums.size
    sums[:] = 0.0
    for start in range(0, total.size, C):
        for c in range(C):
            sums[c] += total[start + c]


@compiled
def widened(vectors, s, wide):
    """Return the vectors of one set repeated to the length of a wide row, (vectors, wide)."""
    number, _, C = vectors.shape
    rows = np.empty((number, wide), vectors.dtype)
    for k in range(number):
        vector, row = vectors[k, s], rows[k]
        for start in range(0, wide, C):
            for c in range(C):
                row[start + c] = vector[c]
    return rows


@compiled_parallel
def normalize_pieces(turns, values, vectors, others, bounds, wide, outputs):
    """Write ``clip((values − mean) · scale + shift + others, *bounds)``."""
    floor, ceiling = bounds
    sets, M = values.shape
    piece = max(1, PIECE // wide) * wide
    pieces = (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        rows = widened(vectors, s, wide)
        center, factor, offset = rows[0], rows[1], rows[2]
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
def passed(grad, off, scale, shift, rule):
    """Return the gradient of ``off · scale + shift`` if the output passed its gradient on, else 0."""
    above, highest, zero, every = rule
    output = off * scale + shift
    return grad if every | ((output > above) & (output <= highest)) else zero


@compiled_parallel
def piece_sums(turns, values, grad_outputs, vectors, rule, wide, piece, sums):
    """Write ``Σ g`` and ``Σ g · (x − center)`` of each piece into sums (2, sets, pieces, C)."""
    _, sets, pieces, _ = sums.shape
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        both, rows = np.zeros((2, wide)), widened(vectors, s, wide)
        grads = grad_outputs[s, p * piece : (p + 1) * piece]
        add_products(values[s, p * piece : (p + 1) * piece], grads, rows, rule, both[0], both[1])
        fold(both[0], sums[0, s, p])
        fold(both[1], sums[1, s, p])


@compiled
def add_products(part, grads, rows, rule, total, dot):
    """Add ``g`` and ``g · (x − center)`` of all wide rows of a piece; the last may be short."""
    center, scale, shift, wide = rows[0], rows[1], rows[2], dot.size
    few = np.zeros((2, wide), part.dtype)
    few_total, few_dot = few[0], few[1]
    for first in range(0, part.size, FEW_ROWS * wide):
        for start in range(first, min(part.size, first + FEW_ROWS * wide), wide):
            row, grad = part[start : start + wide], grads[start : start + wide]
            for i in range(row.size):
                off = row[i] - center[i]
                g = passed(grad[i], off, scale[i], shift[i], rule)
                few_total[i] += g
                few_dot[i] += g * off
        hand_over(few_total, total)
        hand_over(few_dot, dot)


@compiled_parallel
def grad_pieces(turns, values, grad_outputs, vectors, rule, wide, grads):
    """Write ``g · scale − (x − center) · slope − offset``."""
    sets, M = values.shape
    piece = max(1, PIECE // wide) * wide
    pieces = (M + piece - 1) // piece
    for task in shared(turns, sets * pieces):
        s, p = task // pieces, task % pieces
        rows = widened(vectors, s, wide)
        center, scale, shift, slope, offset = rows[0], rows[1], rows[2], rows[3], rows[4]
        for start in range(p * piece, min((p + 1) * piece, M), wide):
            row, grad = values[s, start : start + wide], grad_outputs[s, start : start + wide]
            target = grads[s, start : start + wide]
            for i in range(row.size):
                off = row[i] - center[i]
                g = passed(grad[i], off, scale[i], shift[i], rule)
                target[i] = g * scale[i] - off * slope[i] - offset[i]
