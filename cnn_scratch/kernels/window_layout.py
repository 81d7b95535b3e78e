"""Where the windows of a convolution lie in an image, as ``kernels/tile.py`` wants to know it: in offsets.

``geometry`` is (KH, KW, SH, SW, DH, DW, top, left). An image is (H, W, C), its outputs (OH, OW, F).
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import ROWS


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
def fits_without_border(geometry, H, W, OH, OW):
    """Return whether no window reaches beyond the image."""
    KH, KW, SH, SW, DH, DW, top, left = geometry
    bottom, right = (OH - 1) * SH + (KH - 1) * DH + 1, (OW - 1) * SW + (KW - 1) * DW + 1
    return top == 0 and left == 0 and bottom <= H and right <= W


@compiled
def layout_of_band(geometry, input_shape, size, rows, F):
    """Return how the windows of so many rows of outputs lie in the image, or in a copy with a border.

    They are: (rows, OW, F); the rows of the copy and the pixels of each, with 0 rows if all windows stay
    inside the image; what ``window_steps`` and ``window_places`` return.
    """
    KH, KW, SH, SW, DH, DW, _, _ = geometry
    (_, H, W, C), (OH, OW) = input_shape, size
    inside = fits_without_border(geometry, H, W, OH, OW)
    height = 0 if inside else (rows - 1) * SH + (KH - 1) * DH + 1
    row_pixels = W if inside else (OW - 1) * SW + (KW - 1) * DW + 1
    places = window_places(rows * OW, OW, SH * row_pixels * C, SW * C, F)
    return (rows, OW, F), (height, row_pixels), window_steps(geometry, row_pixels * C, C), places
