"""Moved, turned and stretched images by the definition: the weight of each input pixel in each output."""

import math

import numpy as np


def affine(inputs, transforms, interpolation, fill_mode, fill_value):
    """Return inputs (N, H, W, C), each seen through the six numbers of its transform, (N, 6)."""
    N, H, W, C = inputs.shape
    outputs = np.empty(inputs.shape)
    for n in range(N):
        matrix, outside = weights(transforms[n], H, W, interpolation, fill_mode)
        pixels = matrix @ inputs[n].reshape(H * W, C) + fill_value * outside[:, np.newaxis]
        outputs[n] = pixels.reshape(H, W, C)
    return outputs


def affine_gradient(grad_outputs, transforms, interpolation, fill_mode):
    """Return ∂loss/∂inputs: the transposed matrix."""
    _, H, W, C = grad_outputs.shape
    matrices = [weights(transform, H, W, interpolation, fill_mode)[0] for transform in transforms]
    grads = [matrix.T @ grad.reshape(H * W, C) for matrix, grad in zip(matrices, grad_outputs, strict=True)]
    return np.reshape(grads, grad_outputs.shape)


def weights(transform, H, W, interpolation, fill_mode):
    """Return how much of each input pixel is in each output pixel, (H·W, H·W), and how much of a constant."""
    a0, a1, a2, b0, b1, b2 = np.float32(transform)  # positions are float32, as in TensorFlow
    matrix, outside = np.zeros((H, W, H, W)), np.zeros((H, W))
    for row, column in np.ndindex(H, W):
        x = float(a0 * np.float32(column) + a1 * np.float32(row) + a2)
        y = float(b0 * np.float32(column) + b1 * np.float32(row) + b2)
        for h, weight_of_row in neighbours(y, H, interpolation, fill_mode):
            for w, weight_of_column in neighbours(x, W, interpolation, fill_mode):
                if 0 <= h < H and 0 <= w < W:
                    matrix[row, column, h, w] += weight_of_row * weight_of_column
                else:
                    outside[row, column] += weight_of_row * weight_of_column
    return matrix.reshape(H * W, H * W), outside.reshape(-1)


def neighbours(position, size, interpolation, fill_mode):
    """Return the pixels of a row or column that are seen at a position, each with its weight."""
    before = math.floor(position)
    rest = position - before
    if interpolation == "nearest":
        pixels = [(before + (rest >= 0.5), 1)]
    else:
        pixels = [(before, 1 - rest), (before + 1, rest)]
    return [(inside(pixel, size, fill_mode), weight) for pixel, weight in pixels]


def inside(pixel, size, fill_mode):
    """Return the pixel of ``abcd`` that stands for one beyond the edges, unless there is a constant."""
    if fill_mode == "reflect":  # dcba|abcd|dcba, and so on
        pixel %= 2 * size
        return min(pixel, 2 * size - 1 - pixel)
    if fill_mode == "wrap":  # abcd|abcd|abcd
        return pixel % size
    return pixel if fill_mode == "constant" else min(max(pixel, 0), size - 1)
