"""Another size by its definition: for each output pixel, the weight of every input pixel."""

import math

import numpy as np


def resizing(inputs, height, width, method="bilinear", antialias=False):
    """Return inputs (N, H, W, C) as (N, height, width, C)."""
    rows = weights(method, inputs.shape[1], height, antialias)
    columns = weights(method, inputs.shape[2], width, antialias)
    return np.einsum("yh,xw,nhwc->nyxc", rows, columns, inputs)


def resizing_gradient(inputs, grad_outputs, height, width, method="bilinear", antialias=False):
    """Return ∂loss/∂inputs: the same weights, summed over the output pixels."""
    rows = weights(method, inputs.shape[1], height, antialias)
    columns = weights(method, inputs.shape[2], width, antialias)
    return np.einsum("yh,xw,nyxc->nhwc", rows, columns, grad_outputs)


def weights(method, size, target, antialias=False):
    """Return (target, size): how much of each input pixel is in each output pixel."""
    scale = np.float32(size) / np.float32(target)  # positions are float32, as in TensorFlow
    matrix = np.zeros((target, size))
    for o in range(target):
        center = float(np.float32(o + 0.5) * scale)
        for i in range(size):
            matrix[o, i] = weight(method, i, o, center, size, scale, antialias)
    return matrix / matrix.sum(axis=1, keepdims=True)


def weight(method, i, o, center, size, scale, antialias):
    """Return the weight of pixel ``i`` in output pixel ``o``, before all are made to add up to 1."""
    if method == "nearest":
        return float(min(math.floor(center), size - 1) == i)
    if method == "area":  # the part of i that lies between the edges of o
        return max(0.0, min(float((o + 1) * scale), i + 1) - max(float(o * scale), i))
    distance = abs(i + 0.5 - center)
    if antialias:
        distance /= max(float(1 / (np.float32(1) / scale)), 1.0)
    elif method == "bicubic":
        distance = abs(i - np.rint((center - 0.5) * 1024) / 1024)
    return FILTERS[method](distance)


def triangle(x):
    """Return the weight of a pixel at the distance x between two pixels: linear interpolation."""
    return max(0.0, 1 - x)


def keys(x):
    """Return Keys' cubic (1981) with a = −1/2."""
    if x >= 2:
        return 0.0
    return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2


def lanczos(x, radius):
    """Return sin(πx) / (πx), times the same of x / radius."""
    if x >= radius:
        return 0.0
    return np.sinc(x) * np.sinc(x / radius)


FILTERS = {
    "bilinear": triangle,
    "bicubic": keys,
    "lanczos3": lambda x: lanczos(x, 3),
    "lanczos5": lambda x: lanczos(x, 5),
}
