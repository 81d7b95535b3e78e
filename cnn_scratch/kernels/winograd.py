"""Winograd's transforms: a 3×3 convolution with 2.25 or 4 times fewer multiplications.

Two neighbouring outputs of a kernel of three numbers need 6 multiplications. Winograd's identity
needs 4 (here y₀ and y₁ from x₀ … x₃ and the kernel g₀ g₁ g₂)::

    m₁ = (x₀ − x₂)·g₀                         y₀ = m₁ + m₂ + m₃
    m₂ = (x₁ + x₂)·(g₀ + g₁ + g₂)/2           y₁ = m₂ − m₃ − m₄
    m₃ = (x₂ − x₁)·(g₀ − g₁ + g₂)/2
    m₄ = (x₁ − x₃)·g₂

As matrices: y = Aᵀ[(G·g) ⊙ (Bᵀ·x)]. Behind it stands the product of two polynomials, which is known
once their values at a few points are: Bᵀ and G evaluate (at 0, 1, −1 and ∞ above), ⊙ multiplies
value by value, Aᵀ goes back to the coefficients. With the points 0, ±1, ±2, ∞ four outputs need 6
multiplications instead of 12. In two dimensions the transforms are applied along rows and along
columns: m·m outputs take (m + 2)² multiplications instead of 9·m².

The gradients come from the same matrices. y is linear in g and in x, so ∂loss/∂g = Gᵀ[(Bᵀ·x) ⊙ (A·∂loss/∂y)].

Every function here transforms one line of vectors: it reads ``source[start], source[start + step], …``
and writes ``target[to], target[to + stride], …``. ``m`` is 2 or 4.

See Lavin & Gray, "Fast algorithms for convolutional neural networks" (arXiv:1509.09308), whose
matrices these are.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import tile_width
from cnn_scratch.kernels.vector import load, store


@compiled
def transform_inputs(m, source, start, step, target, to, stride):
    """Bᵀ·x: m + 2 vectors to m + 2."""
    x0, x1 = load(source, start), load(source, start + step)
    x2, x3 = load(source, start + 2 * step), load(source, start + 3 * step)
    if m == 2:
        store(target, to, x0 - x2)
        store(target, to + stride, x1 + x2)
        store(target, to + 2 * stride, x2 - x1)
        store(target, to + 3 * stride, x1 - x3)
        return
    x4, x5 = load(source, start + 4 * step), load(source, start + 5 * step)
    store(target, to, 4 * x0 - 5 * x2 + x4)
    even, odd = x4 - 4 * x2, x3 - 4 * x1
    store(target, to + stride, even + odd)
    store(target, to + 2 * stride, even - odd)
    even, odd = x4 - x2, 2 * x3 - 2 * x1
    store(target, to + 3 * stride, even + odd)
    store(target, to + 4 * stride, even - odd)
    store(target, to + 5 * stride, 4 * x1 - 5 * x3 + x5)


@compiled
def transform_kernel(m, source, start, step, target, to, stride):
    """G·g: 3 vectors to m + 2."""
    g0, g1, g2 = load(source, start), load(source, start + step), load(source, start + 2 * step)
    if m == 2:
        even, odd = 0.5 * g0 + 0.5 * g2, 0.5 * g1
        store(target, to, g0)
        store(target, to + stride, even + odd)
        store(target, to + 2 * stride, even - odd)
        store(target, to + 3 * stride, g2)
        return
    store(target, to, 0.25 * g0)
    even, odd = g0 + g2, g1
    store(target, to + stride, (even + odd) * (-1 / 6))
    store(target, to + 2 * stride, (even - odd) * (-1 / 6))
    even, odd = (1 / 24) * g0 + (1 / 6) * g2, (1 / 12) * g1
    store(target, to + 3 * stride, even + odd)
    store(target, to + 4 * stride, even - odd)
    store(target, to + 5 * stride, g2)


@compiled
def transform_products(m, source, start, step, target, to, stride):
    """Aᵀ·(products): m + 2 vectors to m."""
    p0, p1 = load(source, start), load(source, start + step)
    p2, p3 = load(source, start + 2 * step), load(source, start + 3 * step)
    if m == 2:
        store(target, to, p0 + p1 + p2)
        store(target, to + stride, p1 - p2 - p3)
        return
    p4, p5 = load(source, start + 4 * step), load(source, start + 5 * step)
    sum1, difference1 = p1 + p2, p1 - p2
    sum2, difference2 = p3 + p4, p3 - p4
    store(target, to, p0 + sum1 + sum2)
    store(target, to + stride, difference1 + 2 * difference2)
    store(target, to + 2 * stride, sum1 + 4 * sum2)
    store(target, to + 3 * stride, difference1 + 8 * difference2 + p5)


@compiled
def transform_grads(m, source, start, step, target, to, stride):
    """A·(∂loss/∂y): m vectors to m + 2; the transpose of ``transform_products``."""
    y0, y1 = load(source, start), load(source, start + step)
    store(target, to, y0)
    if m == 2:
        store(target, to + stride, y0 + y1)
        store(target, to + 2 * stride, y0 - y1)
        store(target, to + 3 * stride, 0 * y1 - y1)
        return
    y2, y3 = load(source, start + 2 * step), load(source, start + 3 * step)
    even, odd = y0 + y2, y1 + y3
    store(target, to + stride, even + odd)
    store(target, to + 2 * stride, even - odd)
    even, odd = y0 + 4 * y2, 2 * y1 + 8 * y3
    store(target, to + 3 * stride, even + odd)
    store(target, to + 4 * stride, even - odd)
    store(target, to + 5 * stride, y3)


@compiled
def transform_grad_kernel(m, source, start, step, target, to, stride):
    """Gᵀ·(products): m + 2 vectors to 3; the transpose of ``transform_kernel``."""
    p0, p1 = load(source, start), load(source, start + step)
    p2, p3 = load(source, start + 2 * step), load(source, start + 3 * step)
    if m == 2:
        half = 0.5 * p1 + 0.5 * p2
        store(target, to, p0 + half)
        store(target, to + stride, 0.5 * p1 - 0.5 * p2)
        store(target, to + 2 * stride, half + p3)
        return
    p4, p5 = load(source, start + 4 * step), load(source, start + 5 * step)
    sixth, last = (p1 + p2) * (-1 / 6), p3 + p4
    store(target, to, 0.25 * p0 + sixth + (1 / 24) * last)
    store(target, to + stride, (p2 - p1) * (1 / 6) + (p3 - p4) * (1 / 12))
    store(target, to + 2 * stride, sixth + (1 / 6) * last + p5)


# Both directions of a square: ``half_way`` holds the lines of vectors between the two ---------------


@compiled
def transform_window(m, where, channels, half_way, V, to, plane):
    """Write V = Bᵀ·window·B; its position (i, j) goes to V[to + (i·(m + 2) + j)·plane]."""
    source, start, row, pixel = where
    size, lanes = m + 2, tile_width(V.itemsize) // 2
    for c in range(0, channels, lanes):
        for i in range(size):
            transform_inputs(m, source, start + i * row + c, pixel, half_way, i * size * lanes, lanes)
        for j in range(size):
            transform_inputs(m, half_way, j * lanes, size * lanes, V, to + j * plane + c, size * plane)


@compiled
def collect(m, products, start, plane, half_way, square):
    """Write Aᵀ·products·A of a tile, m·m rows of WIDTH filters, to ``square``."""
    size, width = m + 2, tile_width(products.itemsize)
    lanes = width // 2
    for f in range(0, width, lanes):
        for i in range(size):
            source = start + i * size * plane + f
            transform_products(m, products, source, plane, half_way, i * m * lanes, lanes)
        for j in range(m):
            transform_products(m, half_way, j * lanes, m * lanes, square, j * width + f, m * width)


@compiled
def spread(m, where, filters, half_way, Y, to, plane):
    """Write Y = A·(∂outputs of a tile)·Aᵀ; its position (i, j) goes to Y[to + (i·(m + 2) + j)·plane]."""
    source, start, row, pixel = where
    size, lanes = m + 2, tile_width(Y.itemsize) // 2
    for f in range(0, filters, lanes):
        for i in range(m):
            transform_grads(m, source, start + i * row + f, pixel, half_way, i * size * lanes, lanes)
        for j in range(size):
            transform_grads(m, half_way, j * lanes, size * lanes, Y, to + j * plane + f, size * plane)


@compiled
def write_grad_kernel(m, total, c, first, grad_kernel):
    """Write ∂kernel = Gᵀ·∂U·G for a channel and a group of filters; ``total`` is ∂U (P, channels, group)."""
    _, rows, group = total.shape
    F = grad_kernel.shape[3]
    size, lanes = m + 2, tile_width(total.itemsize) // 2
    half_way, result = np.empty(size * 3 * lanes, total.dtype), np.empty(9 * lanes, total.dtype)
    source, plane = total.reshape(-1), rows * group
    for f in range(0, min(group, F - first), lanes):
        for i in range(size):
            start = i * size * plane + c * group + f
            transform_grad_kernel(m, source, start, plane, half_way, i * 3 * lanes, lanes)
        for j in range(3):
            transform_grad_kernel(m, half_way, j * lanes, 3 * lanes, result, j * lanes, 3 * lanes)
        for k in range(9):
            target, numbers = grad_kernel[k // 3, k % 3, c], result[k * lanes :]
            for i in range(min(lanes, F - first - f)):
                target[first + f + i] = numbers[i]
