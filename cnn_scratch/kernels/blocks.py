"""A block of one array copied into another: how images are put side by side, padded and cropped."""

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared

NUMBERS_IN_A_PIECE = 2**14


@compiled_parallel
def copy_blocks(turns, source, row, column, target, target_row, target_column, height, width):
    """Write ``target[n, target_row + h, target_column + i] = source[n, row + h, column + i]``.

    For every n, h < height and i < width. Shapes: source (N, H, M), target (N, OH, OM).
    """
    rows = source.shape[0] * height
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, (rows + piece_rows - 1) // piece_rows):
        for r in range(piece * piece_rows, min((piece + 1) * piece_rows, rows)):
            n, h = r // height, r % height
            # slices, so that the inner loop counts from 0 and LLVM vectorises it
            read = source[n, row + h, column : column + width]
            write = target[n, target_row + h, target_column : target_column + width]
            for i in range(width):
                write[i] = read[i]


@compiled_parallel
def copy_rectified(turns, source, row, column, target, target_row, target_column, height, width):
    """Do the same, and apply ReLU to what is copied."""
    rows, zero = source.shape[0] * height, source.dtype.type(0)
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, (rows + piece_rows - 1) // piece_rows):
        for r in range(piece * piece_rows, min((piece + 1) * piece_rows, rows)):
            n, h = r // height, r % height
            read = source[n, row + h, column : column + width]
            write = target[n, target_row + h, target_column : target_column + width]
            for i in range(width):
                write[i] = zero if read[i] < zero else read[i]  # a comparison with NaN is false
