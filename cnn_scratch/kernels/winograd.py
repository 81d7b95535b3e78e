"""Winograd's transforms: a convolution with three or four times fewer multiplications.

Two neighbouring outputs of a kernel of three numbers need 6 multiplications. Winograd's identity
needs 4 (here y₀ and y₁ from x₀ … x₃ and the kernel g₀ g₁ g₂)::

    m₁ = (x₀ − x₂)·g₀                         y₀ = m₁ + m₂ + m₃
    m₂ = (x₁ + x₂)·(g₀ + g₁ + g₂)/2           y₁ = m₂ − m₃ − m₄
    m₃ = (x₂ − x₁)·(g₀ − g₁ + g₂)/2
    m₄ = (x₁ − x₃)·g₂

As matrices: y = Aᵀ[(G·g) ⊙ (Bᵀ·x)]. Behind it stands the product of two polynomials, which is known
once their values at a few points are: Bᵀ and G evaluate (at 0, 1, −1 and ∞ above), ⊙ multiplies
value by value, Aᵀ goes back to the coefficients. In two dimensions the transforms are applied along
rows and along columns.

Here the points are 0, ±a, ±b and ∞, so SIZE = 6 multiplications. They make m = 4 outputs of a kernel
of 3 numbers (instead of 12, and 36 instead of 144 in two dimensions), or m = 2 outputs of a kernel of
5 (instead of 10, and 36 instead of 100): m + taps − 1 = 6, and Bᵀ is the same for both. Its rows are the
coefficients of what is 0 at all other points, x·(x ± a)·(x² − b²) at ±a for instance.

Any a and b are right, but not equally exact. The usual 1 and 2 make the high powers large, and what is
large is rounded by much. With 3/4 and 3/2 they and the low powers weigh the same: errors are a quarter.

The gradients come from the same matrices, for y is linear in g and in x::

    ∂loss/∂g = Gᵀ[(Bᵀ·x) ⊙ (A·∂loss/∂y)]          ∂loss/∂x = B[(G·g) ⊙ (A·∂loss/∂y)]

There are few kernels and many windows: G and Gᵀ are applied as matrices. The others are written out, each
for one line of vectors: it reads ``source[start], source[start + step], …`` and writes ``target[to],
target[to + stride], …``. ``kernels/winograd_squares.py`` applies them along both.

See Lavin & Gray, "Fast algorithms for convolutional neural networks" (arXiv:1509.09308), whose
matrices these are for a = 1, b = 2; and Barabasz, Anderson, Soodhalter & Gregg, "Error analysis and
improving the accuracy of Winograd convolution for deep neural networks" (arXiv:1803.10986), for the points.
"""

import functools

import numpy as np

from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.vector import aligned, load, store

# The numbers of a window's line: m outputs of a kernel of SIZE + 1 − m. A window has P positions.
SIZE = 6
P = SIZE * SIZE
# The points a and b. Products with them are exact: their binary fractions are short.
A, B = 0.75, 1.5
A2, B2 = A * A, B * B


@functools.cache
def kernel_matrix(taps, dtype) -> np.ndarray:
    """Return G, (SIZE, taps): the values at each point of the polynomial whose coefficients are the kernel.

    Each point's value has a factor that Aᵀ and Bᵀ are then free of. At ∞ the last coefficient counts.
    """
    points = np.array([0, A, -A, B, -B])
    values = np.vander(points, taps, increasing=True)
    distances = points[:, None] - points + np.eye(len(points))  # from each point to the others, and 1
    at_infinity = np.eye(taps)[-1:]
    return np.concatenate([values / distances.prod(axis=1, keepdims=True), at_infinity]).astype(dtype)


def transform_both(matrix, squares, out=None) -> np.ndarray:
    """Return ``matrix · square · matrixᵀ`` for squares of numbers (parts, size, size, numbers)."""
    parts, size, _, numbers = squares.shape
    rows = len(matrix)
    # An infinity or NaN passes on without a warning, as in every kernel.
    with single_threaded_blas(), np.errstate(all="ignore"):
        half_way = matrix @ squares.reshape(parts, size, size * numbers)
        return np.matmul(matrix, half_way.reshape(parts, rows, size, numbers), out=out)


def positions_of(given) -> np.ndarray:
    """Return at which positions U = G·kernel·Gᵀ can be other than 0, (P, C or 1, F or 1).

    At 0 a polynomial has the value of its first coefficient, at ∞ of its last one. So a kernel that lacks its
    first or last row or column gives zeros there. And ∂U is not needed there: Gᵀ would give it to what is
    missing, and to nothing else.

    Args:
        given: which numbers of the kernel there are, (taps, taps, C or 1, F or 1); the others are zeros.
    """

    def along_first_axis(lines):
        anything = lines.any(axis=0, keepdims=True)
        return np.concatenate([lines[:1], *[anything] * (SIZE - 2), lines[-1:]])

    rows = along_first_axis(given)
    squares = along_first_axis(rows.swapaxes(0, 1)).swapaxes(0, 1)  # (SIZE, SIZE, C or 1, F or 1)
    return squares.reshape(P, *given.shape[2:])


@compiled
def transform_kernel(matrix, blocks, U):
    """Return U if it is there, else G·kernel·Gᵀ: see ``conv2d_winograd.factors_of``."""
    if len(U) > 0:
        return U
    (count, numbers, width), taps = blocks.shape, matrix.shape[1]
    C, lanes = numbers // (taps * taps), width // 2
    U = aligned(count * P * C * width, blocks.dtype).reshape((count, P, C, width))
    line, step = np.empty(taps * lanes, blocks.dtype), C * width
    for block in range(count):
        source, target = blocks[block].reshape(-1), U[block].reshape(-1)
        for at in range(0, step, lanes):
            for i in range(SIZE):
                for kw in range(taps):
                    total = matrix[i, 0] * load(source, kw * step + at)
                    for kh in range(1, taps):
                        total = total + matrix[i, kh] * load(source, (kh * taps + kw) * step + at)
                    store(line, kw * lanes, total)
                for j in range(SIZE):
                    total = matrix[j, 0] * load(line, 0)
                    for kw in range(1, taps):
                        total = total + matrix[j, kw] * load(line, kw * lanes)
                    store(target, (i * SIZE + j) * step + at, total)
    return U


@compiled
def transform_inputs(source, start, step, target, to, stride):
    """Bᵀ·x: 6 vectors to 6."""
    x0, x1 = load(source, start), load(source, start + step)
    x2, x3 = load(source, start + 2 * step), load(source, start + 3 * step)
    x4, x5 = load(source, start + 4 * step), load(source, start + 5 * step)
    store(target, to, A2 * B2 * x0 - (A2 + B2) * x2 + x4)
    even, odd = x4 - B2 * x2, x3 - B2 * x1
    store(target, to + stride, even + A * odd)
    store(target, to + 2 * stride, even - A * odd)
    even, odd = x4 - A2 * x2, x3 - A2 * x1
    store(target, to + 3 * stride, even + B * odd)
    store(target, to + 4 * stride, even - B * odd)
    store(target, to + 5 * stride, A2 * B2 * x1 - (A2 + B2) * x3 + x5)


@compiled
def transform_products(edge, source, start, step, target, to, stride):
    """Aᵀ·(products): 6 vectors to m; ``edge`` is a tuple of m numbers, so that m is known to the compiler."""
    p0, p1 = load(source, start), load(source, start + step)
    p2, p3 = load(source, start + 2 * step), load(source, start + 3 * step)
    p4, p5 = load(source, start + 4 * step), load(source, start + 5 * step)
    sum1, difference1 = p1 + p2, p1 - p2
    sum2, difference2 = p3 + p4, p3 - p4
    store(target, to, p0 + sum1 + sum2)
    if len(edge) == 2:
        store(target, to + stride, A * difference1 + B * difference2 + p5)
        return
    store(target, to + stride, A * difference1 + B * difference2)
    store(target, to + 2 * stride, A2 * sum1 + B2 * sum2)
    store(target, to + 3 * stride, A2 * A * difference1 + B2 * B * difference2 + p5)


@compiled
def transform_grads(edge, source, start, step, target, to, stride):
    """A·(∂loss/∂y): m vectors to 6; the transpose of ``transform_products``."""
    y0, y1 = load(source, start), load(source, start + step)
    even_at_a, odd_at_a = y0, A * y1
    even_at_b, odd_at_b = y0, B * y1
    last = y1
    if len(edge) == 4:
        y2, y3 = load(source, start + 2 * step), load(source, start + 3 * step)
        even_at_a, odd_at_a = even_at_a + A2 * y2, odd_at_a + A2 * A * y3
        even_at_b, odd_at_b = even_at_b + B2 * y2, odd_at_b + B2 * B * y3
        last = y3
    store(target, to, y0)
    store(target, to + stride, even_at_a + odd_at_a)
    store(target, to + 2 * stride, even_at_a - odd_at_a)
    store(target, to + 3 * stride, even_at_b + odd_at_b)
    store(target, to + 4 * stride, even_at_b - odd_at_b)
    store(target, to + 5 * stride, last)


@compiled
def transform_back(source, start, step, target, to, stride):
    """B·(products): 6 vectors to 6; the transpose of ``transform_inputs``."""
    p0, p1 = load(source, start), load(source, start + step)
    p2, p3 = load(source, start + 2 * step), load(source, start + 3 * step)
    p4, p5 = load(source, start + 4 * step), load(source, start + 5 * step)
    sum1, difference1 = p1 + p2, p1 - p2
    sum2, difference2 = p3 + p4, p3 - p4
    difference1, difference2 = A * difference1, B * difference2
    store(target, to, A2 * B2 * p0)
    store(target, to + stride, A2 * B2 * p5 - B2 * difference1 - A2 * difference2)
    store(target, to + 2 * stride, -(A2 + B2) * p0 - B2 * sum1 - A2 * sum2)
    store(target, to + 3 * stride, difference1 + difference2 - (A2 + B2) * p5)
    store(target, to + 4 * stride, p0 + sum1 + sum2)
    store(target, to + 5 * stride, p5)
