"""Images seen through an affine transform; ``cnn_scratch/affine.py`` says what is computed.

Each image is given a border, two pixels wide, that holds what is seen beyond its edges. So in every mode the
four pixels around a position are neighbours: there is a next column and a next row.

Shapes: images, outputs (N, H, W·C), whose rows are W pixels of C numbers; bordered (H + 4, (W + 4)·C). The
positions come in their parts, float32: ``columns`` (N, 2, W) with a₀·x and b₀·x, ``rows`` (N, 2, H) with a₁·y
and b₁·y, ``shifts`` (N, 2) with a₂ and b₂. NumPy makes the products: in a kernel a product and a sum may
become one operation with one rounding, and a position on the border of two pixels could fall to the other.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

REFLECT, WRAP, CONSTANT, NEAREST = range(4)  # the fill modes
BORDER = 2


def forward(images, positions, fill_mode, is_nearest, fill_value) -> np.ndarray:
    """Return what lies at the positions: the nearest pixel, or a mean of the four around.

    Args:
        images: (N, H, W, C).
        positions: columns, rows and shifts.
        fill_mode: one of the numbers above.
        fill_value: what is beyond the edge with ``CONSTANT``.
    """
    N, H, W, C = images.shape
    outputs = np.empty_like(images)
    flat = images.reshape(N, H, W * C), outputs.reshape(N, H, W * C)
    transform(*flat, C, positions, fill_mode, is_nearest, fill_value)
    return outputs


def grad_inputs(grad_outputs, positions, fill_mode, is_nearest) -> np.ndarray:
    """Return ∂loss/∂images (N, H, W, C): each output's gradient goes to the pixels that it was made of."""
    N, H, W, C = grad_outputs.shape
    grad_images = np.empty_like(grad_outputs)
    flat = grad_outputs.reshape(N, H, W * C), grad_images.reshape(N, H, W * C)
    transform_gradient(*flat, C, positions, fill_mode, is_nearest)
    return grad_images


@compiled_parallel
def transform(turns, images, outputs, C, positions, fill_mode, is_nearest, fill_value):
    """Write ``outputs``; one image is one piece of work."""
    columns, rows, shifts = positions
    N, H, W = images.shape[0], images.shape[1], columns.shape[2]
    channels = np.uint64(C)  # unsigned, as in ``kernels/threads.py``
    one = images.dtype.type(1)
    for n in shared(turns, N):
        pixels = bordered(images[n], C, fill_mode, fill_value)
        x, y = np.empty(W, np.uint32), np.empty(W, np.uint32)
        u, v = np.empty(W, images.dtype), np.empty(W, images.dtype)
        for h in range(H):
            locate(columns[n, 0], rows[n, 0, h], shifts[n, 0], W, fill_mode, is_nearest, x, u)
            locate(columns[n, 1], rows[n, 1, h], shifts[n, 1], H, fill_mode, is_nearest, y, v)
            output = outputs[n, h]
            for w in range(np.uint64(W)):
                place = w * channels
                top, bottom = pixels[y[w]], pixels[y[w] + np.uint32(1)]
                left = x[w] * channels
                right = left + channels
                if is_nearest:
                    for c in range(channels):
                        output[place + c] = top[left + c]
                else:
                    for c in range(channels):
                        above = (one - u[w]) * top[left + c] + u[w] * top[right + c]
                        below = (one - u[w]) * bottom[left + c] + u[w] * bottom[right + c]
                        output[place + c] = (one - v[w]) * above + v[w] * below


@compiled_parallel
def transform_gradient(turns, grad_outputs, grad_images, C, positions, fill_mode, is_nearest):
    """Write ``grad_images``; one image is one piece of work. The sums are float64."""
    columns, rows, shifts = positions
    N, H, W = grad_outputs.shape[0], grad_outputs.shape[1], columns.shape[2]
    channels = np.uint64(C)
    for n in shared(turns, N):
        sums = np.zeros((H + 2 * BORDER, (W + 2 * BORDER) * C))
        x, y = np.empty(W, np.uint32), np.empty(W, np.uint32)
        u, v = np.empty(W), np.empty(W)
        for h in range(H):
            locate(columns[n, 0], rows[n, 0, h], shifts[n, 0], W, fill_mode, is_nearest, x, u)
            locate(columns[n, 1], rows[n, 1, h], shifts[n, 1], H, fill_mode, is_nearest, y, v)
            gradient = grad_outputs[n, h]
            for w in range(np.uint64(W)):
                place = w * channels
                top, bottom = sums[y[w]], sums[y[w] + np.uint32(1)]
                left = x[w] * channels
                right = left + channels
                if is_nearest:
                    for c in range(channels):
                        top[left + c] += gradient[place + c]
                else:
                    # forward: output = (1 − v)·above + v·below, and each of them (1 − u)·left + u·right
                    for c in range(channels):
                        above, below = (1 - v[w]) * gradient[place + c], v[w] * gradient[place + c]
                        top[left + c] += (1 - u[w]) * above
                        top[right + c] += u[w] * above
                        bottom[left + c] += (1 - u[w]) * below
                        bottom[right + c] += u[w] * below
        if fill_mode == WRAP:
            gather_wrapped(sums, C)
        for h in range(H):
            grad_row, row = grad_images[n, h], sums[BORDER + h, BORDER * C :]
            for i in range(W * C):
                grad_row[i] = row[i]


@compiled
def bordered(image, C, fill_mode, fill_value):
    """Return an image with its border."""
    H, WC = image.shape
    before, behind = BORDER * C, BORDER * C + WC
    pixels = np.full((H + 2 * BORDER, behind + before), image.dtype.type(fill_value))
    for h in range(H):
        row, source = pixels[BORDER + h, before:], image[h]
        for i in range(WC):
            row[i] = source[i]
    if fill_mode == WRAP:  # the first pixels once more behind the last ones
        for h in range(H + 1):
            row, source = pixels[BORDER + h], pixels[BORDER + h % H]
            for i in range(before, behind):
                row[i] = source[i]
            for c in range(C):
                row[behind + c] = source[before + c]
    return pixels


@compiled
def gather_wrapped(sums, C):
    """Add what the border behind the last pixels got to the first pixels, of which it is a copy."""
    H, behind = sums.shape[0] - 2 * BORDER, sums.shape[1] - BORDER * C
    first, last = sums[BORDER], sums[BORDER + H]
    for i in range(sums.shape[1]):
        first[i] += last[i]
    for h in range(BORDER, BORDER + H):
        for c in range(C):
            sums[h, BORDER * C + c] += sums[h, behind + c]


@compiled
def locate(column, row, shift, size, fill_mode, is_nearest, before, distance):
    """Write where, in the bordered image, the pixel before each position of a row is, and how far away.

    The positions are ``column[w] + row + shift``. For the nearest pixel, write where that one is.
    """
    period = np.float32(2 * size if fill_mode == REFLECT else size)
    lowest, highest = np.float32(0), np.float32(size - 1)
    if fill_mode == CONSTANT:
        lowest, highest = np.float32(-BORDER), np.float32(size)  # from there on, all is border
    elif fill_mode == WRAP:
        highest = np.float32(size)
    for w in range(len(column)):
        position = column[w] + row + shift
        if fill_mode in (REFLECT, WRAP):
            position -= period * np.floor(position / period)
        if fill_mode == REFLECT:
            position = min(position, period - np.float32(1) - position)
        position = position if position > lowest else lowest  # NaN, too, becomes a place in the image
        position = position if position < highest else highest
        whole = np.floor(position)
        distance[w] = distance.dtype.type(position) - distance.dtype.type(whole)
        if is_nearest:  # of two that are equally near, the one that is further from 0
            rest = position - whole
            whole += (rest > np.float32(0.5)) | ((rest == np.float32(0.5)) & (position > 0))
        before[w] = np.uint32(np.int32(whole) + BORDER)
