"""Where the windows of a convolution lie in an image, as ``kernels/tile.py`` wants to know it: in offsets.

Windows that reach beyond the image are read from a copy of it that has a border of zeros; if none does, all
are read in place.

``geometry`` is (KH, KW, SH, SW, DH, DW, top, left). An image is (H, W, C), its outputs (OH, OW, F).
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import ROWS


class BandLayout(NamedTuple):
    """How the windows of a band, some rows of outputs, lie in the image or in a copy of a part of it.

    Args:
        rows: how many rows of outputs.
        OW, F: the outputs in a row, and the numbers of each.
        copied_rows: the rows of the copy; 0 if the windows are read in place.
        row_pixels: the pixels in a row of the copy, or of the image.
        steps, run: see ``window_steps``.
        starts, places: see ``window_places``.
    """

    rows: int
    OW: int
    F: int
    copied_rows: int
    row_pixels: int
    steps: np.ndarray
    run: int
    starts: np.ndarray
    places: np.ndarray


@compiled
def layout_of_band(geometry, input_shape, size, rows, F):
    """Return the ``BandLayout`` of ``rows`` rows of outputs; an image has outputs of ``size`` = (OH, OW)."""
    _, _, SH, SW, _, _, _, _ = geometry
    C, OW = input_shape[3], size[1]
    copied_rows, row_pixels = size_of_copy(geometry, input_shape, size, rows)
    steps, run = window_steps(geometry, row_pixels * C, C)
    starts, places = window_places(rows * OW, OW, SH * row_pixels * C, SW * C, F)
    return BandLayout(rows, OW, F, copied_rows, row_pixels, steps, run, starts, places)


@compiled
def size_of_copy(geometry, input_shape, size, rows):
    """Return how many rows of the image ``rows`` rows of outputs see, and how many pixels of each.

    If no window reaches beyond the image there is no copy: 0 rows, and the pixels of a row of the image.
    """
    KH, KW, SH, SW, DH, DW, top, left = geometry
    (_, H, W, _), (OH, OW) = input_shape, size
    bottom, right = (OH - 1) * SH + (KH - 1) * DH + 1, (OW - 1) * SW + (KW - 1) * DW + 1
    if top == 0 and left == 0 and bottom <= H and right <= W:
        return 0, W
    return (rows - 1) * SH + (KH - 1) * DH + 1, right


@compiled
def window_steps(geometry, row_size, C):
    """Return the offsets of the runs of a window, and how many numbers a run has.

    Without a horizontal dilation a run is a whole row of the window, KW·C numbers; with one, it is
    a single pixel.
    """
    KH, KW, _, _, DH, DW, _, _ = geometry
    runs = 1 if DW == 1 else KW
    steps = np.empty(KH * runs, np.int64)
    for kh in range(KH):
        for run in range(runs):
            steps[kh * runs + run] = kh * DH * row_size + run * DW * C
    return steps, KW * C // runs


@compiled
def window_places(pixels, OW, row_step, column_step, F):
    """Return where the window of each output pixel begins, and where the pixel's outputs begin.

    The tables are filled up to whole tiles by repeating the last pixel.
    """
    size = (pixels + ROWS - 1) // ROWS * ROWS
    starts, places = np.empty(size, np.int64), np.empty(size, np.int64)
    for p in range(size):
        pixel = min(p, pixels - 1)
        starts[p] = pixel // OW * row_step + pixel % OW * column_step
        places[p] = pixel * F
    return starts, places


@compiled
def places_of_numbers(geometry, row_pixels, C, size):
    """Return where each of the KH·KW·C numbers of a window lies behind the window's first, (size,).

    The table is filled up by repeating the last number.
    """
    KH, KW, _, _, DH, DW, _, _ = geometry
    starts = np.empty(size, np.int64)
    for k in range(size):
        number = min(k, KH * KW * C - 1)
        kh, kw, c = number // (KW * C), number // C % KW, number % C
        starts[k] = (kh * DH * row_pixels + kw * DW) * C + c
    return starts


@compiled
def copy_padded(image, first_row, first_column, band):
    """Copy the part of ``image`` from a row and column on into ``band``; zeros outside the image."""
    H, W, C = image.shape
    rows, width, _ = band.shape
    band[:] = 0
    first, end = max(0, -first_column), min(width, W - first_column)
    for row in range(max(0, -first_row), min(rows, H - first_row)):
        source = image[first_row + row].reshape(-1)[(first_column + first) * C :]
        target = band[row].reshape(-1)[first * C :]
        for i in range((end - first) * C):
            target[i] = source[i]
