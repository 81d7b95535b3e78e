"""A block of one array copied into another: how images are put side by side, padded and cropped."""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
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
    lowest = source.dtype.type(0 if rectified else -np.inf)
    copy_rows(source, corner, target, target_corner, size, lowest)


@compiled_parallel
def copy_rows(turns, source, corner, target, target_corner, size, lowest):
    """Do what ``copy_blocks`` says; numbers below ``lowest`` become ``lowest``."""
    (row, column), (target_row, target_column), (height, width) = corner, target_corner, size
    rows = source.shape[0] * height
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, (rows + piece_rows - 1) // piece_rows):
        for r in range(piece * piece_rows, min((piece + 1) * piece_rows, rows)):
            n, h = r // height, r % height
            # slices, so that the inner loop counts from 0 and LLVM vectorises it
            read = source[n, row + h, column : column + width]
            write = target[n, target_row + h, target_column : target_column + width]
            for i in range(width):
                write[i] = lowest if read[i] < lowest else read[i]  # NaN is not below, and stays
