"""Images that are moved, turned, stretched: where each pixel comes from, and what is seen beyond the edge.

An affine transform of one image is six numbers. They say where in the input the output pixel (x, y) lies::

    x′ = a₀·x + a₁·y + a₂        y′ = b₀·x + b₁·y + b₂

The positions are computed in float32 whatever the dtype of the images, as in TensorFlow, so that the same
pixels are chosen where a position lies on the border between two of them. A position between pixels is
given the nearest one, or a mean of the four around it (``"bilinear"``), with the weights of two straight
lines::

    outputs[y, x] = (1 − v)·((1 − u)·inputs[t, l] + u·inputs[t, r])
                  + v·((1 − u)·inputs[b, l] + u·inputs[b, r])

where l and r = l + 1 are the columns left and right of x′, u = x′ − l, and the same for the rows. With a
constant beyond the edge, pixels there count as that constant: images have a border of it, one pixel wide.

This is linear in the inputs: the gradient of an input pixel is the sum of the gradients of the outputs that
were made of it, with the same weights.
"""

import numpy as np

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


def standardize_fill_mode(value: str) -> str:
    """Return one of ``FILL_MODES``, or raise a ``ValueError``."""
    if value not in FILL_MODES:
        raise ValueError(f"Unknown `fill_mode`. Expected one of {FILL_MODES}. Received: fill_mode={value!r}")
    return value


def standardize_pixel_interpolation(value: str) -> str:
    """Return one of ``INTERPOLATIONS``, or raise a ``ValueError``."""
    if value not in INTERPOLATIONS:
        raise ValueError(
            f"Unknown `interpolation`. Expected one of {INTERPOLATIONS}. Received: interpolation={value!r}"
        )
    return value


def affine_transform(
    images: np.ndarray, transforms: np.ndarray, interpolation: str, fill_mode: str, fill_value: float = 0.0
) -> np.ndarray:
    """Return the images (N, H, W, C), each seen through its own transform.

    Args:
        transforms: (N, 6) float32, in the order a₀, a₁, a₂, b₀, b₁, b₂.
        interpolation: one of ``INTERPOLATIONS``.
        fill_mode: what is seen beyond the edges of ``abcd``: ``"reflect"`` ``dcba|abcd|dcba``, ``"wrap"``
            ``abcd|abcd|abcd``, ``"nearest"`` ``aaaa|abcd|dddd``, or ``"constant"``: ``fill_value``.
    """
    N, H, W, C = images.shape
    outputs = np.empty_like(images)
    border = fill_value if fill_mode == "constant" else 0  # which no other mode looks at
    planes = np.full((C, H + 2, W + 2), border, images.dtype)  # a channel's pixels side by side
    for n in range(N):
        x, y = _positions(transforms[n], H, W, fill_mode)
        planes[:, 1:-1, 1:-1] = images[n].transpose(2, 0, 1)
        pixels = planes.reshape(C, -1)
        if interpolation == "nearest":
            seen = pixels[:, _rounded(y, H, fill_mode) * (W + 2) + _rounded(x, W, fill_mode)]
        else:
            left, right, u = _neighbours(x, W, fill_mode, images.dtype)
            top, bottom, v = _neighbours(y, H, fill_mode, images.dtype)
            top, bottom = top * (W + 2), bottom * (W + 2)
            above = (1 - u) * pixels[:, top + left] + u * pixels[:, top + right]
            below = (1 - u) * pixels[:, bottom + left] + u * pixels[:, bottom + right]
            seen = (1 - v) * above + v * below
        outputs[n] = seen.T.reshape(H, W, C)
    return outputs


def affine_transform_gradient(
    grad_outputs: np.ndarray, transforms: np.ndarray, interpolation: str, fill_mode: str
) -> np.ndarray:
    """Return ∂loss/∂images (N, H, W, C): a gradient goes back to the pixels that its output was made of."""
    N, H, W, C = grad_outputs.shape
    grad_images = np.empty_like(grad_outputs)
    size = (H + 2) * (W + 2)
    for n in range(N):
        x, y = _positions(transforms[n], H, W, fill_mode)
        if interpolation == "nearest":
            taps = [(_rounded(y, H, fill_mode) * (W + 2) + _rounded(x, W, fill_mode), 1)]
        else:
            left, right, u = _neighbours(x, W, fill_mode, np.float64)
            top, bottom, v = _neighbours(y, H, fill_mode, np.float64)
            columns, rows = ((left, 1 - u), (right, u)), ((top, 1 - v), (bottom, v))
            taps = [(row * (W + 2) + column, s * t) for row, s in rows for column, t in columns]
        for c in range(C):
            gradient = grad_outputs[n, :, :, c].reshape(H * W)
            # forward: outputs = sum of weight * pixels[tap] over the taps
            sums = sum(np.bincount(tap, weight * gradient, minlength=size) for tap, weight in taps)
            grad_images[n, :, :, c] = sums.reshape(H + 2, W + 2)[1:-1, 1:-1]
    return grad_images


def _positions(transform: np.ndarray, H: int, W: int, fill_mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Return where all output pixels lie in the input, x and y (H·W,), brought inside if the mode says so."""
    a0, a1, a2, b0, b1, b2 = transform
    column, row = np.arange(W, dtype=np.float32), np.arange(H, dtype=np.float32)[:, np.newaxis]
    x = (a0 * column + a1 * row + a2).reshape(H * W)
    y = (b0 * column + b1 * row + b2).reshape(H * W)
    return _brought_inside(x, W, fill_mode), _brought_inside(y, H, fill_mode)


def _brought_inside(position: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Return for each position the one inside of the image at which the same is seen."""
    if fill_mode == "constant":
        return position  # the border is there for those outside
    if fill_mode == "reflect":
        period = np.float32(2 * size)
        position = position - period * np.floor(position / period)
        position = np.minimum(position, period - 1 - position)
    elif fill_mode == "wrap":
        return position - np.float32(size) * np.floor(position / np.float32(size))
    return np.clip(position, 0, np.float32(size - 1))


def _rounded(position: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Return the nearest pixel; of two that are equally near, the one that is further from 0."""
    before = np.floor(position)
    rest = position - before
    up = (rest > 0.5) | ((rest == 0.5) & (position > 0))
    return _bordered(before.astype(np.intp) + up, size, fill_mode)


def _neighbours(position: np.ndarray, size: int, fill_mode: str, dtype):
    """Return the pixels before and after each position, and how far it is from the first one."""
    before = np.floor(position)
    distance = position.astype(dtype) - before.astype(dtype)
    pixel = before.astype(np.intp)
    return _bordered(pixel, size, fill_mode), _bordered(pixel + 1, size, fill_mode), distance


def _bordered(pixel: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Return where a pixel is in the image with its border; with ``"wrap"``, the first follows the last."""
    return pixel % size + 1 if fill_mode == "wrap" else np.clip(pixel + 1, 0, size + 1)
