"""The scalar product of two inputs along an axis by its definition, sample by sample."""

import numpy as np


def dot(inputs, axes, normalize=False):
    """Return ``Σ_k x[n, …, k, …] · y[n, …, k, …]`` over axis ``axes[0]`` of x and ``axes[1]`` of y."""
    x, y = (unit(v, axis) if normalize else v for v, axis in zip(inputs, axes, strict=True))
    outputs = np.stack([np.tensordot(a, b, (axes[0] - 1, axes[1] - 1)) for a, b in zip(x, y, strict=True)])
    return outputs if outputs.ndim > 1 else outputs[:, np.newaxis]


def dot_gradient(inputs, grad_outputs, axes, normalize=False):
    """Return ∂loss/∂inputs, a list: the factor of a number is the one that it was multiplied by."""
    x, y = (unit(v, axis) if normalize else v for v, axis in zip(inputs, axes, strict=True))
    grad_outputs = grad_outputs.reshape(
        len(x), *np.delete(x.shape, axes[0])[1:], *np.delete(y.shape, axes[1])[1:]
    )
    grads = [np.zeros_like(x), np.zeros_like(y)]
    for n, g in enumerate(grad_outputs):
        rest = x.ndim - 2  # axes of g that come from x
        to_x = np.tensordot(
            g, y[n], (range(rest, g.ndim), [a for a in range(y.ndim - 1) if a != axes[1] - 1])
        )
        to_y = np.tensordot(x[n], g, ([a for a in range(x.ndim - 1) if a != axes[0] - 1], range(rest)))
        grads[0][n] = np.moveaxis(to_x, -1, axes[0] - 1)
        grads[1][n] = np.moveaxis(to_y, 0, axes[1] - 1)
    if normalize:
        grads = [
            (g - unit(v, axis) * (unit(v, axis) * g).sum(axis, keepdims=True)) / length(v, axis)
            for g, v, axis in zip(grads, inputs, axes, strict=True)
        ]
    return grads


def length(vectors, axis):
    """Return ‖v‖ of the vectors along ``axis``."""
    return np.sqrt((vectors**2).sum(axis, keepdims=True))


def unit(vectors, axis):
    """Return v / ‖v‖ of the vectors along ``axis``."""
    return vectors / length(vectors, axis)
