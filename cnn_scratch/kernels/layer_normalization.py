"""Normalization of rows: the mean and the variance of each row, and passes that apply them.

Shapes: values, grad_outputs, outputs and grads are (R, D); what belongs to a row (mean, inverse) is
(R,), what belongs to a column (gamma, beta) is (D,). Sums, and all numbers per row or column, are
float64 for both dtypes.

A row fits a core's first cache. So forward reads the memory once and writes it once, and backward
too: what needs several passes makes them over one row, and then goes to the next one. Adding up a
row number by number would wait for each addition before it begins the next one; here ``LANES`` sums
are under way side by side, and are added up at the end.

Two switches make three layers of one kernel::

    centered and shifted   outputs = (x − mean) · gamma / √(Σ(x − mean)² / D + ε) + beta
    centered               outputs =     x      · gamma / √(Σ(x − mean)² / D + ε) + beta
    neither                outputs =     x      · gamma / √(Σ x² / D + ε) + beta

They are layer normalization, its option ``rms_scaling``, and RMS normalization.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

LANES = 32
# Rows are cut into pieces of about this many elements, but into no more than MOST_PIECES: each has a
# sum of its own for every column, which are added in a fixed order, whatever the number of threads.
PIECE = 16384
MOST_PIECES = 64


def forward(values, gamma, beta, epsilon, centered, shifted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the outputs (R, D), and for each row its mean (0 unless centered) and 1 / √(variance + ε)."""
    outputs = np.empty_like(values)
    mean, inverse = np.empty(len(values)), np.empty(len(values))
    columns = gamma.astype(np.float64), beta.astype(np.float64)
    normalize_rows(values, columns, epsilon, (centered, shifted), (mean, inverse), outputs)
    return outputs, mean, inverse


def gradients(values, grad_outputs, gamma, mean, inverse, shifted):
    """Return ∂loss/∂values (R, D), ∂loss/∂gamma and ∂loss/∂beta, (D,) each."""
    R, D = values.shape
    grads = np.empty_like(values)
    sums = np.zeros((2, -(-R // rows_of_a_piece(R, D)), D))
    grad_rows(values, grad_outputs, gamma.astype(np.float64), (mean, inverse), shifted, sums, grads)
    grad_gamma, grad_beta = sums.sum(axis=1)
    return grads, grad_gamma, grad_beta


@compiled
def rows_of_a_piece(R, D):
    """Return how many of the R rows make a piece."""
    return max(1, PIECE // max(D, 1), -(-R // MOST_PIECES))


@compiled_parallel
def normalize_rows(turns, values, columns, epsilon, switches, moments, outputs):
    """Write the outputs and, for each row, its moments, as ``forward`` returns them.

    Args:
        columns: gamma and beta.
        switches: centered, shifted.
        moments: mean and inverse.
    """
    (gamma, beta), (centered, shifted), (mean, inverse) = columns, switches, moments
    R, D = values.shape
    rows = rows_of_a_piece(R, D)
    for piece in shared(turns, (R + rows - 1) // rows):
        lanes = np.empty(LANES)
        for r in range(piece * rows, min((piece + 1) * rows, R)):
            row, target = values[r], outputs[r]
            mean[r] = add_row(row, lanes) / D if centered else 0.0
            inverse[r] = 1.0 / np.sqrt(add_squares(row, mean[r], lanes) / D + epsilon)
            shift, scale = mean[r] if shifted else 0.0, inverse[r]
            for d in range(D):
                target[d] = (row[d] - shift) * scale * gamma[d] + beta[d]


@compiled
def add_row(row, lanes):
    """Return ``Σ row``."""
    lanes[:] = 0.0
    for start in range(0, row.size, LANES):
        part = row[start : start + LANES]
        for i in range(part.size):
            lanes[i] += part[i]
    return add_lanes(lanes)


@compiled
def add_squares(row, mean, lanes):
    """Return ``Σ (row − mean)²``."""
    lanes[:] = 0.0
    for start in range(0, row.size, LANES):
        part = row[start : start + LANES]
        for i in range(part.size):
            difference = part[i] - mean
            lanes[i] += difference * difference
    return add_lanes(lanes)


@compiled
def add_lanes(lanes):
    """Return ``Σ lanes``, folding them in half until one is left."""
    half = lanes.size // 2
    while half > 0:
        for i in range(half):
            lanes[i] += lanes[half + i]
        half //= 2
    return lanes[0]


@compiled_parallel
def grad_rows(turns, values, grad_outputs, gamma, moments, shifted, sums, grads):
    """Write ∂loss/∂values, and add each piece's share of ∂loss/∂gamma and ∂loss/∂beta to sums (2, pieces, D).

    With x̂ for what was multiplied by gamma, and h = gamma · g for ∂loss/∂x̂::

        ∂loss/∂x = inverse · (h − Σ h / D − (x − mean) · inverse · Σ h·x̂ / D)

    where Σ h / D is there only if the mean was subtracted.
    """
    (R, D), (mean, inverse) = values.shape, moments
    rows = rows_of_a_piece(R, D)
    for piece in shared(turns, (R + rows - 1) // rows):
        total, dot = np.empty(LANES), np.empty(LANES)
        for r in range(piece * rows, min((piece + 1) * rows, R)):
            row, grad, target = values[r], grad_outputs[r], grads[r]
            center, scale = mean[r] if shifted else 0.0, inverse[r]
            total[:] = 0.0
            dot[:] = 0.0
            for start in range(0, D, LANES):
                part, grad_part = row[start : start + LANES], grad[start : start + LANES]
                gamma_part = gamma[start : start + LANES]
                grad_gamma = sums[0, piece, start : start + LANES]
                grad_beta = sums[1, piece, start : start + LANES]
                for i in range(part.size):
                    normalized = (part[i] - center) * scale
                    grad_gamma[i] += grad_part[i] * normalized
                    grad_beta[i] += grad_part[i]
                    total[i] += grad_part[i] * gamma_part[i]
                    dot[i] += grad_part[i] * gamma_part[i] * normalized
            shift = add_lanes(total) / D if shifted else 0.0
            slope = scale * add_lanes(dot) / D
            for d in range(D):
                target[d] = scale * (grad[d] * gamma[d] - shift - (row[d] - mean[r]) * slope)
