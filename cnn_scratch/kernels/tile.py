"""The innermost loop of every convolution and product: a tile of results kept in vector registers.

A processor core multiplies fastest when the numbers that it adds to never leave its registers. So
the results are computed tile by tile, ``ROWS`` × ``WIDTH`` of them at a time: each step of the sum
loads two vectors of ``b``, multiplies them with one number of ``a`` per row, and adds to the
2·ROWS vectors of the tile by fused multiply-adds (compare Goto & van de Geijn, "Anatomy of
high-performance matrix multiplication", 2008). Nothing else happens in the loop; what has to be
done to a result once (the bias, ReLU) is done while it is still in its register.

Which numbers take part is said by offsets, and that is why one loop serves for everything: a row
of ``a`` may be a row of a matrix, the window of an output pixel (read where it lies in the image,
without copying it into columns), or one number of a kernel. The offsets come in groups::

    left   = (a, rows, first_row, a_start)     row r begins at a[a_start + rows[first_row + r]]
    terms  = (steps, inner, step)              term (i, j) lies steps[i] + j·step behind that
    right  = (b, start, outer, next)           factors: WIDTH numbers from b[start + i·outer + j·next]
    target = (out, places, first, columns)     row r goes to out[places[first + r] : … + columns]

    tile[r, w] = Σ_i Σ_j a[a_start + rows[first_row + r] + steps[i] + j·step]
                       · b[start + i·outer + j·next + w]

The sum goes over i < steps.size and j < inner, in this order, whatever the processor, and a long one in
parts, so that its rounding errors stay small: see ``Parts`` in ``kernels/tile_code.py``. All arrays are
contiguous and nothing checks that the offsets lie inside. Only ``columns`` ≤ WIDTH results of a row are
written, but ``b`` is read to the full WIDTH. A row may be repeated: its result is the same.

What is not needed may be left out, and then less has to be compiled: ``columns`` if whole rows are written;
``steps`` and with it ``outer`` where the sum is a single run, ``terms = (inner, step)``.

LLVM does not find this loop by itself from plain Python, so ``kernels/tile_code.py`` writes it in LLVM's
own language. The functions ``write_…`` and ``add_…`` below are its definition, and are what runs with
``NUMBA_DISABLE_JIT=1``; a test holds the two together.
"""

import numpy as np
from numba.extending import overload

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile_code import PART_TERMS, multiply
from cnn_scratch.kernels.vector import HAS_AVX512, VECTOR_BYTES

# Of the 32 registers with AVX-512, 16 hold the tile; of the 16 otherwise, 12 do.
ROWS = 8 if HAS_AVX512 else 6
# A tile of the kernel's gradient, a matrix of KH·KW·C rows. For a 3×3 kernel that is a multiple of 9, so no
# tile has rows that are not needed; for others the last tile has at most 8 of them.
TALL_ROWS = 9 if HAS_AVX512 else 6


@compiled
def tile_width(itemsize):
    """Return WIDTH, how many results of ``itemsize`` bytes stand side by side in a tile."""
    return 2 * VECTOR_BYTES // itemsize


def write_sums(left, terms, right, target):
    """Write the tile to the target as it is. For the arguments see above."""
    out, places, first, columns = (*target, whole_width(right))[:4]
    tile = products(left, terms, right, ROWS, columns)
    out = out.reshape(-1)
    for r in range(ROWS):
        place = places[first + r]
        out[place : place + columns] = tile[r]


def write_tile(left, terms, right, target, bias, floor):
    """Write ``max(tile + bias, floor)`` to the target.

    Args:
        bias: (array, start): WIDTH numbers from there are added to every row.
        floor: 0 for ReLU, −∞ for none. A NaN stays NaN.
    """
    out, places, first, columns = (*target, whole_width(right))[:4]
    tile = products(left, terms, right, ROWS, columns)
    biases, start = bias
    out = out.reshape(-1)
    for r in range(ROWS):
        place = places[first + r]
        row = tile[r] + biases[start : start + columns]
        out[place : place + columns] = np.where(row < floor, floor, row)


def add_tile(left, terms, right, target):
    """Add the tile to what stands in the target. Here no row may be repeated."""
    add_products(left, terms, right, target, ROWS)


def add_tall_tile(left, terms, right, target):
    """Add a tile of TALL_ROWS instead."""
    add_products(left, terms, right, target, TALL_ROWS)


def add_products(left, terms, right, target, tile_rows):
    """Add a tile of ``tile_rows`` rows to the target."""
    out, places, first, columns = (*target, whole_width(right))[:4]
    tile = products(left, terms, right, tile_rows, columns)
    out = out.reshape(-1)
    for r in range(tile_rows):
        place = places[first + r]
        out[place : place + columns] += tile[r]


def whole_width(right):
    """Return WIDTH for the factors ``right``."""
    return 2 * VECTOR_BYTES // right[0].itemsize


def products(left, terms, right, tile_rows, columns):
    """Return the tile (tile_rows, columns): the sum above, term by term."""
    a, rows, first_row, a_start = left
    steps, inner, step = terms if len(terms) == 3 else (np.zeros(1, np.int64), *terms)
    b, start, outer, following = right if len(right) == 4 else (*right[:2], 0, right[2])
    a, b = a.reshape(-1), b.reshape(-1)
    offsets = a_start + rows[first_row : first_row + tile_rows]
    total, part, terms_of_part = None, np.zeros((tile_rows, columns), b.dtype), 0
    # A kernel does not warn of an overflow, least of all in a row that nobody reads.
    with np.errstate(all="ignore"):
        for i in range(steps.size):
            for first in range(0, inner, PART_TERMS):
                if terms_of_part >= PART_TERMS:
                    total = part if total is None else total + part
                    part, terms_of_part = np.zeros_like(part), 0
                for j in range(first, min(first + PART_TERMS, inner)):
                    factors = b[start + i * outer + j * following :][:columns]
                    part += a[offsets + steps[i] + j * step, np.newaxis] * factors
                    terms_of_part += 1
        return part if total is None else total + part


def packed_blocks(matrix: np.ndarray) -> np.ndarray:
    """Return ``matrix`` (K, F) as blocks of WIDTH columns, (⌈F / WIDTH⌉, K, WIDTH), filled up with zeros."""
    K, F = matrix.shape
    width = 2 * VECTOR_BYTES // matrix.itemsize
    if F % width == 0:
        return np.ascontiguousarray(matrix.reshape(K, F // width, width).transpose(1, 0, 2))
    blocks = np.empty((-(-F // width), K, width), matrix.dtype)
    blocks[-1, :, F % width :] = 0
    for block, start in zip(blocks, range(0, F, width), strict=True):
        block[:, : min(width, F - start)] = matrix[:, start : start + width]
    return blocks


# What Numba takes in their place -------------------------------------------------------------------

_write, _add, _add_tall = multiply(ROWS, False), multiply(ROWS, True), multiply(TALL_ROWS, True)


# They become part of the kernel that calls them: passing all these arguments takes as long as ten terms.
@overload(write_sums, inline="always")
def _compiled_write_sums(left, terms, right, target):
    return lambda left, terms, right, target: _write(left, terms, right, target, None, None)


@overload(write_tile, inline="always")
def _compiled_write_tile(left, terms, right, target, bias, floor):
    return lambda left, terms, right, target, bias, floor: _write(left, terms, right, target, bias, floor)


@overload(add_tile, inline="always")
def _compiled_add_tile(left, terms, right, target):
    return lambda left, terms, right, target: _add(left, terms, right, target, None, None)


@overload(add_tall_tile, inline="always")
def _compiled_add_tall_tile(left, terms, right, target):
    return lambda left, terms, right, target: _add_tall(left, terms, right, target, None, None)
