"""Columns of one matrix copied into another: how arrays are put side by side, and taken apart again."""

from numba import prange

from cnn_scratch.kernels.compile import compiled_parallel

ROWS_IN_A_PIECE = 256


@compiled_parallel
def copy_columns(source, first, target, start, width):
    """Write ``target[r, start + i] = source[r, first + i]`` for i < width and every row r."""
    rows = source.shape[0]
    for piece in prange((rows + ROWS_IN_A_PIECE - 1) // ROWS_IN_A_PIECE):
        for r in range(piece * ROWS_IN_A_PIECE, min((piece + 1) * ROWS_IN_A_PIECE, rows)):
            # slices, so that the inner loop counts from 0 and LLVM vectorises it
            read, write = source[r, first : first + width], target[r, start : start + width]
            for i in range(width):
                write[i] = read[i]
