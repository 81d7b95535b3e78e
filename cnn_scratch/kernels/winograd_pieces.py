"""How the work of Winograd's convolution is cut into pieces, and what of it is not done.

A tile at the lower edge of an image may have a last row that lies outside, and one at the right edge a last
column. The last of the SIZE points, at infinity, belongs to that row or column alone: its positions are not
multiplied then. So there are four *kinds* of tiles, and a piece has tiles of one kind::

    kind = 0: all of it inside    1: last row outside    2: last column outside    3: both

A kernel may have zeros at places that are known beforehand (see ``conv2d_winograd``); of the products with
it, too, only those are computed that can be other than 0.
"""

import functools

import numpy as np

from cnn_scratch.kernels.tile import ROWS
from cnn_scratch.kernels.winograd import SIZE, P, positions_of

# V and the products of a piece shall take about this many numbers, half of a second-level cache.
PIECE_NUMBERS = 2**17
# The partial sums of the kernel's gradient may take this many numbers together, in at most 8 pieces.
PARTIAL_NUMBERS, MOST_PIECES = 2**21, 8
KINDS = 4


@functools.lru_cache(maxsize=64)  # kernels only read them
def pieces_of_tiles(N, tiling, row_numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return the tiles, kind by kind; and of each piece where it begins, its tiles, and their kind.

    Args:
        N: how many images there are.
        row_numbers: how many numbers V and the products have for a tile at one position.
    """
    down, across, m = tiling.down, tiling.across, tiling.m
    last_rows = (np.arange(down) * m + m > tiling.OH)[:, np.newaxis]
    last_columns = np.arange(across) * m + m > tiling.OW
    kinds = np.tile((last_rows + 2 * last_columns).reshape(-1), N)
    order = np.argsort(kinds, kind="stable")
    # A multiple of four pieces: they can be shared fairly between two or four threads.
    pieces = rounded_up(max(1, kinds.size * P * row_numbers // PIECE_NUMBERS), 4)
    at_once = max(2 * ROWS, rounded_up(-(-kinds.size // pieces), ROWS))
    table, first = [], 0
    for kind, count in enumerate(np.bincount(kinds, minlength=KINDS)):
        end = first + count
        table += [(start, min(at_once, end - start), kind) for start in range(first, end, at_once)]
        first = end
    return order, np.array(table, np.int64).reshape(-1, 3)


def cuts_of_gradient(N, of_image, both, numbers) -> np.ndarray:
    """Return where the pieces of the tiles begin, and at last how many tiles there are.

    Args:
        N, of_image: how many images there are, and tiles of each.
        both: whether ∂loss/∂inputs is computed, too. A pixel of the inputs belongs to several windows: pieces
            of whole images do not meet.
        numbers: how many numbers the sums of a piece have.
    """
    pieces = min(max(1, PARTIAL_NUMBERS // numbers), MOST_PIECES)
    if both:
        pieces = max(1, min(pieces, N))
        return np.arange(pieces + 1) * N // pieces * of_image
    tiles = N * of_image
    pieces = max(1, min(pieces, tiles // (2 * ROWS)))
    return np.arange(pieces + 1) * tiles // pieces


def spans_of(given, shape) -> np.ndarray:
    """Return which terms count in the products with each block of U, at each position: (blocks, P, 2).

    All that can be other than zero lie between the first one and the end.
    """
    blocks, _, C, width = shape
    spans = np.empty((blocks, P, 2), np.int64)
    spans[:] = 0, C
    if given is not None:
        positions = positions_of(given)  # (P, C or 1, F or 1)
        starts = np.arange(0, positions.shape[2], width)
        counts = np.logical_or.reduceat(positions, starts, axis=2).T  # (blocks or 1, C or 1, P)
        alike = C // counts.shape[1]
        ends = C - alike * counts[:, ::-1].argmax(axis=1)
        spans[..., 0] = alike * counts.argmax(axis=1)
        spans[..., 1] = np.where(counts.any(axis=1), ends, 0)
    return spans


def spans_of_kinds(spans) -> np.ndarray:
    """Return the spans for tiles of each kind, (KINDS, blocks, P, 2)."""
    squares = np.tile(spans.reshape(-1, SIZE, SIZE, 2), (KINDS, 1, 1, 1, 1))
    squares[1::2, :, -1] = 0
    squares[2:, :, :, -1] = 0
    return squares.reshape(KINDS, *spans.shape)


def needed_of(given, groups, group, width) -> np.ndarray:
    """Return which sums of the kernel's gradient are needed, (groups, P, ⌈group / WIDTH⌉).

    Each is that of WIDTH filters of a group, at a position.
    """
    starts = np.arange(groups)[:, np.newaxis] * group + np.arange(0, group, width)
    needed = np.ones((starts.size, P), np.bool_)
    if given is not None:
        positions = positions_of(given).any(axis=1)  # (P, F)
        starts = starts[starts < positions.shape[1]]
        needed[: starts.size] = np.logical_or.reduceat(positions, starts, axis=1).T
    return needed.reshape(groups, -1, P).swapaxes(1, 2)


def rounded_up(number, step):
    """Return the smallest multiple of ``step`` that is not below ``number``."""
    return -(-number // step) * step
