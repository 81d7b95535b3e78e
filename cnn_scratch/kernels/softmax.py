"""Softmax and its logarithm along the rows of a matrix.

``x``, ``y``, ``grad`` and ``grad_x`` are (rows, classes); the last array is the one that is written.

The largest number of a row is subtracted first. It changes nothing, since the factor e^−max cancels
in the quotient, and every exponent is then at most 0: nothing overflows. The sums of a row are taken in
float64, or thousands of classes would cost digits.
"""

import math

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.exponential import exp
from cnn_scratch.kernels.threads import shared_ranges

# Rows that a thread takes at a time.
ROWS = 16


@compiled
def _sum_of_exponentials(x, y):
    """Write e^(x − max x) for one row into y; return max x, and the sum of y in float64."""
    largest = x[0]
    for j in range(1, x.size):
        largest = x[j] if x[j] > largest else largest
    for j in range(x.size):
        y[j] = exp(x[j] - largest)
    total = np.float64(0)
    for j in range(x.size):
        total += y[j]
    return largest, total


@compiled_parallel
def softmax(turns, x, y):
    """y[i, j] = e^x[i, j] / Σ_k e^x[i, k]."""
    for rows in shared_ranges(turns, x.shape[0], ROWS):
        for i in rows:
            _, total = _sum_of_exponentials(x[i], y[i])
            total = y.dtype.type(total)
            for j in range(x.shape[1]):
                y[i, j] /= total


@compiled_parallel
def softmax_backward(turns, y, grad, grad_x):
    """∂y_j/∂x_k = y_j·([j = k] − y_k), hence grad_x[i, j] = y[i, j]·(grad[i, j] − Σ_k grad[i, k]·y[i, k])."""
    for rows in shared_ranges(turns, y.shape[0], ROWS):
        for i in rows:
            total = np.float64(0)
            for j in range(y.shape[1]):
                total += np.float64(grad[i, j]) * y[i, j]
            mean = y.dtype.type(total)
            for j in range(y.shape[1]):
                grad_x[i, j] = y[i, j] * (grad[i, j] - mean)


@compiled_parallel
def log_softmax(turns, x, y):
    """y[i, j] = x[i, j] − ln Σ_k e^x[i, k]."""
    for rows in shared_ranges(turns, x.shape[0], ROWS):
        for i in rows:
            largest, total = _sum_of_exponentials(x[i], y[i])
            log_total = y.dtype.type(math.log(total))
            for j in range(x.shape[1]):
                y[i, j] = (x[i, j] - largest) - log_total


@compiled_parallel
def log_softmax_backward(turns, y, grad, grad_x):
    """∂y_j/∂x_k = [j = k] − softmax_k, hence grad_x[i, j] = grad[i, j] − e^y[i, j]·Σ_k grad[i, k]."""
    for rows in shared_ranges(turns, y.shape[0], ROWS):
        for i in rows:
            total = np.float64(0)
            for j in range(y.shape[1]):
                total += grad[i, j]
            total = y.dtype.type(total)
            for j in range(y.shape[1]):
                grad_x[i, j] = grad[i, j] - exp(y[i, j]) * total
