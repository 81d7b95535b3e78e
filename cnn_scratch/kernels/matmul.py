"""A matrix product on several threads whose bits do not depend on how many there are.

BLAS splits a product over its threads in a way that can change the order of additions with the
number of threads. Here the product is cut into pieces by shape alone, and every sum runs through k
in one order. The arithmetic is that of ``kernels/tile.py``.
"""

import numpy as np

from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import SMALL_PRODUCT, compiled, compiled_parallel_products
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.kernels.threads import shared
from cnn_scratch.kernels.tile import ROWS, add_tile, tile_width, write_tile
from cnn_scratch.kernels.vector import aligned, prefetch, transpose

# A piece of the product has at most this many rows. Its sums are added up in steps of PIECE_TERMS,
# so that the parts of the factors that it needs fit a second-level cache.
PIECE_ROWS = 128
PIECE_TERMS = 512
# If that leaves at least MANY_PIECES pieces, a piece has more columns, and its rows of ``a`` are brought
# together less often.
MANY_PIECES = 16
PIECE_COLUMNS, MORE_COLUMNS = 64, 256


def matmul(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None, relu: bool = False) -> np.ndarray:
    """Return ``a @ b + bias`` for matrices a (M, K) and b (K, F), with ReLU applied if asked to.

    Each matrix is contiguous or the transpose of one.
    """
    product = aligned_empty((a.shape[0], b.shape[1]), a.dtype)
    bias = np.zeros(b.shape[1], a.dtype) if bias is None else bias
    multiply(a, b, bias, a.dtype.type(0 if relu else -np.inf), False, product)
    return product


def add_matmul(a: np.ndarray, b: np.ndarray, total: np.ndarray, adds: bool = True) -> None:
    """Add ``a @ b`` to ``total`` (M, F); or write it there, if what ``total`` holds does not count."""
    multiply(a, b, np.zeros(b.shape[1], a.dtype), a.dtype.type(-np.inf), adds, total)


def multiply(a, b, bias, floor, add, target) -> None:
    """Write or add ``max(a @ b + bias, floor)``; a small product is left to NumPy."""
    M, K = a.shape
    if M * K * b.shape[1] < SMALL_PRODUCT:
        # An infinity or NaN passes on without a warning, as in every kernel; the training loop tells.
        with single_threaded_blas(), np.errstate(all="ignore"):
            product = np.matmul(a, b, out=None if add else target)
            product += bias
            if floor == 0:
                product[product < 0] = 0
            if add:
                target += product
        return
    multiply_large(a, b, bias, floor, add, target)


def multiply_large(a, b, bias, floor, add, target) -> None:
    """Do the same for a product that is worth several threads."""
    multiply_pieces(flat(a), flat(b), a.shape[1], bias, floor, add, target)


def flat(matrix) -> tuple[np.ndarray, int, int]:
    """Return the numbers of a matrix as they lie in memory, and the steps to the next row and column."""
    transposed = not matrix.flags.c_contiguous
    numbers = (matrix.T if transposed else matrix).reshape(-1)
    return (numbers, 1, matrix.shape[0]) if transposed else (numbers, matrix.shape[1], 1)


@compiled_parallel_products
def multiply_pieces(turns, a, b, K, bias, floor, add, product):
    """Write or add ``max(Σ_k a[m, k]·b[k, f] + bias[f], floor)`` to ``product[m, f]``; k < K.

    ``a`` and ``b`` are what ``flat`` returns.
    """
    M, F = product.shape
    width = tile_width(product.itemsize)
    numbers_of_a, a_row, a_column = a
    numbers_of_b, b_row, b_column = b
    pieces_down = (M + PIECE_ROWS - 1) // PIECE_ROWS
    piece_columns = MORE_COLUMNS
    if pieces_down * ((F + MORE_COLUMNS - 1) // MORE_COLUMNS) < MANY_PIECES:
        piece_columns = PIECE_COLUMNS
    pieces_across = (F + piece_columns - 1) // piece_columns
    # Where only whole tiles are needed, and only once, they are the results.
    at_once = K <= PIECE_TERMS and M % ROWS == 0 and F % width == 0
    no_steps, results = np.zeros(1, np.int64), product.reshape(-1)
    for piece in shared(turns, pieces_down * pieces_across):
        row, column = piece // pieces_across * PIECE_ROWS, piece % pieces_across * piece_columns
        target = product[row : row + PIECE_ROWS, column : column + piece_columns]
        rows, columns = target.shape
        whole_rows = (rows + ROWS - 1) // ROWS * ROWS
        whole_columns = (columns + width - 1) // width * width
        sums = np.zeros((0 if at_once else whole_rows, whole_columns), product.dtype)
        most = min(K, PIECE_TERMS)
        # 16 more per row: rows whose distance is a power of two would crowd one set of the cache.
        part_of_a = np.empty((whole_rows + 16) * (most + 16), product.dtype)
        part_of_b = aligned(most * width, product.dtype)
        for first in range(0, K, PIECE_TERMS):
            terms = min(PIECE_TERMS, K - first)
            row_step, term_step = (terms + 16, 1) if a_column == 1 else (1, whole_rows + 16)
            of_a, start_of_a = part_of_a, 0
            source = (numbers_of_a, row * a_row + first * a_column, a_row, a_column)
            if a_column == 1 and rows == whole_rows:  # so few rows at a time do not crowd a set
                of_a, start_of_a, row_step = numbers_of_a, source[1], a_row
            else:
                bring_together(source, rows, terms, part_of_a, row_step, term_step)
            for of_tile in range(0, columns, width):
                start = first * b_row + (column + of_tile) * b_column
                right = (numbers_of_b, start, 0, b_row)
                if b_column != 1 or of_tile + width > columns:
                    source = (numbers_of_b, start, b_row, b_column)
                    pack(source, terms, columns - of_tile, part_of_b.reshape(-1, width))
                    right = (part_of_b, 0, 0, width)
                left, of_sum = (of_a, start_of_a, row_step, rows), (no_steps, terms, term_step)
                place = row * F + column + of_tile
                if not at_once:
                    left = (of_a, start_of_a, row_step, whole_rows)
                    add_rows(left, of_sum, right, sums.reshape(-1), of_tile, whole_columns)
                elif add:
                    add_rows(left, of_sum, right, results, place, F)
                else:
                    of_columns = (bias, column + of_tile)
                    write_rows(left, of_sum, right, results, place, F, of_columns, floor)
        if not at_once:
            finish(sums, bias[column : column + piece_columns], floor, add, target)


@compiled
def add_rows(left, terms, right, sums, start, step):
    """Add the products of rows of ``a`` with WIDTH columns of ``b`` to ``sums``, in rows ``step`` apart."""
    a, start_of_a, row_step, rows = left
    starts, places = rows_of_tiles(rows, row_step, start, step)
    lanes = tile_width(sums.itemsize) // 2
    for r in range(0, rows, ROWS):
        for place in places[r : r + ROWS]:  # what the sums are added to is there when they are ready
            prefetch(sums, place)
            prefetch(sums, place + lanes)
        add_tile((a, starts, r, start_of_a), terms, right, (sums, places, r))


@compiled
def write_rows(left, terms, right, product, start, step, bias, floor):
    """Write ``max(the same + bias, floor)`` to ``product``."""
    a, start_of_a, row_step, rows = left
    starts, places = rows_of_tiles(rows, row_step, start, step)
    for r in range(0, rows, ROWS):
        write_tile((a, starts, r, start_of_a), terms, right, (product, places, r), bias, floor)


@compiled
def rows_of_tiles(rows, row_step, start, step):
    """Return where each row of ``a`` begins, and where its results begin."""
    starts, places = np.empty(rows, np.int64), np.empty(rows, np.int64)
    for r in range(rows):
        starts[r], places[r] = r * row_step, start + r * step
    return starts, places


@compiled
def finish(sums, bias, floor, add, target):
    """Write or add ``max(sums + bias, floor)`` to the target. A NaN is not below the floor, and stays."""
    rows, columns = target.shape
    for r in range(rows):
        source, row = sums[r], target[r]
        for f in range(columns):
            value = source[f] + bias[f]
            value = floor if value < floor else value
            row[f] = row[f] + value if add else value


@compiled
def bring_together(source, rows, terms, part, row_step, term_step):
    """Copy rows × terms numbers of a matrix so that part[r·row_step + k·term_step] is row r, term k.

    ``source`` is the matrix as ``flat`` returns it, and where to begin: (numbers, start, row, column).
    """
    a, start, a_row, a_column = source
    if a_column == 1:
        for r in range(rows):
            numbers, target = a[start + r * a_row :], part[r * row_step :]
            for k in range(terms):
                target[k] = numbers[k]
    else:
        for k in range(terms):
            numbers, target = a[start + k * a_column :], part[k * term_step :]
            for r in range(rows):  # in a transpose the rows stand side by side
                target[r] = numbers[r]


@compiled
def pack(source, rows, columns, packed):
    """Copy rows × columns numbers of a matrix into ``packed``; columns that are not there become zero."""
    matrix, start, row_step, column_step = source
    width = packed.shape[1]
    lanes, inside = width // 2, min(columns, width)
    if column_step == 1:
        for i in range(rows):
            numbers = matrix[start + i * row_step :]
            for j in range(inside):
                packed[i, j] = numbers[j]
    else:
        # Squares that fill vectors are turned in registers.
        whole_rows, whole_columns = rows // lanes * lanes, inside // lanes * lanes
        for j in range(0, whole_columns, lanes):
            for i in range(0, whole_rows, lanes):
                transpose(matrix, start + i + j * column_step, column_step, packed, i * width + j, width)
        for j in range(inside):
            numbers = matrix[start + j * column_step :]
            for i in range(whole_rows if j < whole_columns else 0, rows):  # as above
                packed[i, j] = numbers[i]
    for i in range(rows):
        for j in range(inside, width):
            packed[i, j] = 0
