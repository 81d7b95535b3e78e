"""Mirrored images by their definition, pixel by pixel."""

import numpy as np

from cnn_scratch.reference.philox import uniform


def flips(number: int, key) -> np.ndarray:
    """Return which of the images are mirrored, for the key (seed, draw) of a training step."""
    return uniform((number,), key) <= 0.5


def random_flip(inputs, mode: str, mirrored) -> np.ndarray:
    """Return inputs (N, H, W, C), mirrored where the booleans (N,) say so."""
    N, H, W, _ = inputs.shape
    outputs = np.empty_like(inputs)
    for n, h, w in np.ndindex(N, H, W):
        from_h = H - 1 - h if mirrored[n] and mode in ("vertical", "horizontal_and_vertical") else h
        from_w = W - 1 - w if mirrored[n] and mode in ("horizontal", "horizontal_and_vertical") else w
        outputs[n, h, w] = inputs[n, from_h, from_w]
    return outputs


def random_flip_gradient(grad_outputs, mode: str, mirrored) -> np.ndarray:
    """Return ∂loss/∂inputs: a gradient goes back to the pixel that was moved."""
    N, H, W, C = grad_outputs.shape
    places = np.arange(N * H * W, dtype=float).reshape(N, H, W, 1)
    origins = random_flip(places, mode, mirrored).reshape(-1).astype(int)
    grad_inputs = np.zeros((N * H * W, C))
    np.add.at(grad_inputs, origins, grad_outputs.reshape(-1, C))
    return grad_inputs.reshape(N, H, W, C)
