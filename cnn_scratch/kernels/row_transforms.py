"""Winograd's transforms for kernels of five columns, along the rows of an image only.

``kernels/winograd.py`` explains the identity. There it is applied along rows and along columns, which
saves the most multiplications and needs the most additions: four transforms for each pixel, channel and
filter. Where there are few channels these would cost more than they save. Here only the rows are
transformed, and what is left is a sum over the rows of the kernel, as in the definition::

    y_j = Σ_k g_k · x_{j+k},  j < M = 4, k < 5        y = Aᵀ[(G·g) ⊙ (Bᵀ·x)]

The points are 0, ±1, ±2, ±½ and ∞, so SIZE = 8 multiplications take the place of 20. The gradient of the
kernel comes from the same matrices::

    ∂loss/∂g = Gᵀ[(Bᵀ·x) ⊙ (A·∂loss/∂y)]

There is one kernel and many rows: G and Gᵀ are applied by NumPy, as matrices. The others take vectors and
return vectors.

See Lavin & Gray, "Fast algorithms for convolutional neural networks" (arXiv:1509.09308).
"""

import functools

import numpy as np

from cnn_scratch.kernels.compile import compiled

TAPS = 5  # columns of the kernel
SIZE = 8  # points
M = SIZE + 1 - TAPS  # outputs of a tile


@functools.cache
def kernel_matrix(dtype: np.dtype) -> np.ndarray:
    """Return G, (SIZE, TAPS): the values at each point of the polynomial whose coefficients are a row.

    Each point's value has a factor that Aᵀ and Bᵀ are then free of. At ∞ the last coefficient counts.
    """
    values = np.vander([0, 1, -1, 2, -2, 1 / 2, -1 / 2], TAPS, increasing=True)
    factors = np.array([[1], [-2 / 9], [-2 / 9], [1 / 90], [1 / 90], [32 / 45], [32 / 45]])
    return np.concatenate([factors * values, np.eye(TAPS)[-1:]]).astype(dtype)


@compiled
def transform_inputs(x0, x1, x2, x3, x4, x5, x6, x7):
    """Bᵀ·x."""
    even1, odd1 = x2 + x6 - 4.25 * x4, x1 + x5 - 4.25 * x3
    even2, odd2 = x6 + 0.25 * x2 - 1.25 * x4, 0.5 * x1 - 2.5 * x3 + 2.0 * x5
    even3, odd3 = x6 + 4.0 * x2 - 5.0 * x4, 2.0 * x1 - 2.5 * x3 + 0.5 * x5
    return (
        x0 - x6 + 5.25 * (x4 - x2),
        even1 + odd1,
        even1 - odd1,
        even2 + odd2,
        even2 - odd2,
        even3 + odd3,
        even3 - odd3,
        x7 - x1 + 5.25 * (x3 - x5),
    )


@compiled
def transform_products(p0, p1, p2, p3, p4, p5, p6, p7):
    """Aᵀ·products."""
    sum1, difference1 = p1 + p2, p1 - p2
    sum2, difference2 = p3 + p4, p3 - p4
    sum3, difference3 = p5 + p6, p5 - p6
    return (
        p0 + sum1 + (sum2 + sum3),
        difference1 + 2.0 * difference2 + 0.5 * difference3,
        sum1 + 4.0 * sum2 + 0.25 * sum3,
        difference1 + 8.0 * difference2 + 0.125 * difference3 + p7,
    )


@compiled
def transform_grads(y0, y1, y2, y3):
    """A·(∂loss/∂y); the transpose of ``transform_products``."""
    even1, odd1 = y0 + y2, y1 + y3
    even2, odd2 = y0 + 4.0 * y2, 2.0 * y1 + 8.0 * y3
    even3, odd3 = y0 + 0.25 * y2, 0.5 * y1 + 0.125 * y3
    return y0, even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, even3 + odd3, even3 - odd3, y3
