"""A matrix product on several threads whose bits do not depend on how many there are.

BLAS splits a product over its threads in a way that can change the order of additions with the
number of threads. Here the product is cut into pieces by shape alone, and every sum runs through k
in one order. The arithmetic is that of ``tile_product``.
"""

import numpy as np
from numba import prange

from cnn_scratch.kernels.compile import (
    SMALL_PRODUCT,
    compiled,
    compiled_parallel_products,
    single_threaded_blas,
)
from cnn_scratch.kernels.tile import ROWS, tile_product, tile_width

# A piece of the product is at most this many rows × columns. Its sums are added up in steps of
# PIECE_TERMS, so that the parts of the factors that it needs fit a second-level cache.
PIECE_ROWS = 128
PIECE_COLUMNS = 128
PIECE_TERMS = 1024
# With at least this many pieces of rows, each takes several tiles' columns, and packs its rows once.
MANY_PIECES = 16


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return ``a @ b`` for matrices a (M, K) and b (K, F), each contiguous or the transpose of one."""
    M, K = a.shape
    F = b.shape[1]
    if M * K * F < SMALL_PRODUCT:
        # An infinity or NaN passes on without a warning, as in every kernel; the training loop tells.
        with single_threaded_blas(), np.errstate(all="ignore"):
            return a @ b
    product = np.empty((M, F), a.dtype)
    multiply_pieces(*flat(a), *flat(b), K, product)
    return product


def flat(matrix) -> tuple[np.ndarray, int, int]:
    """Return the numbers of a matrix as they lie in memory, and the steps to the next row and column."""
    transposed = not matrix.flags.c_contiguous
    numbers = (matrix.T if transposed else matrix).reshape(-1)
    return (numbers, 1, matrix.shape[0]) if transposed else (numbers, matrix.shape[1], 1)


@compiled_parallel_products
def multiply_pieces(a, a_row, a_column, b, b_row, b_column, K, product):
    """Write ``product[m, f] = Σ_k a[m·a_row + k·a_column] · b[k·b_row + f·b_column]``, piece by piece."""
    M, F = product.shape
    width = tile_width(product.itemsize)
    pieces_down = (M + PIECE_ROWS - 1) // PIECE_ROWS
    piece_columns = PIECE_COLUMNS if pieces_down >= MANY_PIECES else width
    pieces_across = (F + piece_columns - 1) // piece_columns
    for piece in prange(pieces_down * pieces_across):
        first_row, first_column = piece // pieces_across * PIECE_ROWS, piece % pieces_across * piece_columns
        target = product[first_row : first_row + PIECE_ROWS, first_column : first_column + piece_columns]
        target[:] = 0
        size, columns = target.shape
        part_of_a = np.empty((min(K, PIECE_TERMS), size), product.dtype)
        part_of_b = np.empty((min(K, PIECE_TERMS), width), product.dtype)
        for first in range(0, K, PIECE_TERMS):
            terms = min(PIECE_TERMS, K - first)
            start_of_a = first_row * a_row + first * a_column
            if a_column == 1:
                source, start, row_step, term_step = a, start_of_a, a_row, 1
            else:  # the terms of a row lie far apart: bring them together
                pack(a, start_of_a, a_column, a_row, terms, size, part_of_a)
                source, start, row_step, term_step = part_of_a.reshape(-1), 0, 1, size
            for column in range(0, columns, width):
                start_of_b = first * b_row + (first_column + column) * b_column
                pack(b, start_of_b, b_row, b_column, terms, columns - column, part_of_b)
                add_rows(source, start, row_step, terms, term_step, part_of_b, target, column)


@compiled
def add_rows(a, start, row_step, terms, term_step, part_of_b, target, column):
    """Add ``a @ part_of_b`` to WIDTH columns of ``target``, ROWS rows at a time."""
    size, columns = target.shape
    width = part_of_b.shape[1]
    b = part_of_b.reshape(-1)
    no_steps = np.zeros(1, np.int64)
    rows = np.empty(ROWS, np.int64)
    tile = np.empty((ROWS, width), target.dtype)
    for row in range(0, size, ROWS):
        for r in range(ROWS):
            rows[r] = start + min(row + r, size - 1) * row_step  # the last tile may repeat the last row
        tile_product(a, rows, no_steps, terms, term_step, b, 0, 0, width, tile)
        for r in range(min(ROWS, size - row)):
            for f in range(min(width, columns - column)):
                target[row + r, column + f] += tile[r, f]


@compiled
def pack(matrix, start, row_step, column_step, rows, columns, packed):
    """Copy rows × columns numbers of a matrix into ``packed``; columns that are not there become zero."""
    inside = min(columns, packed.shape[1])
    if column_step == 1:
        for i in range(rows):
            for j in range(inside):
                packed[i, j] = matrix[start + i * row_step + j]
    else:
        for j in range(inside):
            for i in range(rows):
                packed[i, j] = matrix[start + i * row_step + j * column_step]
    for i in range(rows):
        for j in range(inside, packed.shape[1]):
            packed[i, j] = 0
