"""A block of one array copied into another: how images are put side by side, padded and cropped."""

import itertools

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

NUMBERS_IN_A_PIECE = 2**14


def copy_blocks(source, corner, target, target_corner, size, rectified=False) -> None:
    """Copy the block of ``size`` (height, width) that begins at ``corner`` (row, column) of every matrix.

    It comes to ``target_corner`` of the matrix with the same number in ``target``::

        target[n, target_row + h, target_column + i] = source[n, row + h, column + i]

    Args:
        source: (N, H, M).
        target: (N, OH, OM).
        rectified: whether ReLU is applied to what is copied.
    """
    copy_rows(source, corner, target, target_corner, size, lowest_of(source, rectified))


def write_side_by_side(matrices, target, rectified=False) -> None:
    """Write matrices (R, M₁), (R, M₂), … into ``target`` (R, M₁ + M₂ + …); ``rectified``: with ReLU applied.

    They are written two at a time: a processor's cache takes rows in one go much sooner than in pieces.
    """
    column, lowest, nothing = 0, lowest_of(target, rectified), np.empty((len(target), 0), target.dtype)
    for one, other in itertools.zip_longest(matrices[::2], matrices[1::2], fillvalue=nothing):
        write_two_side_by_side(one, other, target, column, lowest)
        column += one.shape[1] + other.shape[1]


def lowest_of(array, rectified):
    """Return the smallest number that is left as it is."""
    return array.dtype.type(0 if rectified else -np.inf)


@compiled_parallel
def copy_rows(turns, source, corner, target, target_corner, size, lowest):
    """Do what ``copy_blocks`` says; numbers below ``lowest`` become ``lowest``."""
    (row, column), (target_row, target_column), (height, width) = corner, target_corner, size
    rows = source.shape[0] * height
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, (rows + piece_rows - 1) // piece_rows):
        for r in range(piece * piece_rows, min((piece + 1) * piece_rows, rows)):
            n, h = r // height, r % height
            read = source[n, row + h, column : column + width]
            copy_row(read, target[n, target_row + h, target_column : target_column + width], lowest)


@compiled_parallel
def write_two_side_by_side(turns, one, other, target, column, lowest):
    """Write ``one`` (R, M) from ``column`` on into ``target``, and ``other`` behind it."""
    width, both = one.shape[1], one.shape[1] + other.shape[1]
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, both))
    for piece in shared(turns, (len(one) + piece_rows - 1) // piece_rows):
        for r in range(piece * piece_rows, min((piece + 1) * piece_rows, len(one))):
            copy_row(one[r], target[r, column : column + width], lowest)
            copy_row(other[r], target[r, column + width : column + both], lowest)


@compiled
def copy_row(source, target, lowest):
    """Copy numbers; those below ``lowest`` become ``lowest``."""
    for i in range(target.size):
        target[i] = lowest if source[i] < lowest else source[i]  # NaN is not below, and stays
