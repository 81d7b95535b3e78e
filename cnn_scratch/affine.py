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
were made of it, with the same weights. ``kernels/affine.py`` computes both.
"""

import numpy as np

from cnn_scratch.kernels import affine as kernels

FILL_MODES = ("reflect", "wrap", "constant", "nearest")  # in the order of their numbers in the kernel
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
    border = float(fill_value) if fill_mode == "constant" else 0.0  # which no other mode looks at
    positions = _positions(transforms, *images.shape[1:3])
    return kernels.forward(images, positions, FILL_MODES.index(fill_mode), interpolation == "nearest", border)


def affine_transform_gradient(
    grad_outputs: np.ndarray, transforms: np.ndarray, interpolation: str, fill_mode: str
) -> np.ndarray:
    """Return ∂loss/∂images (N, H, W, C): a gradient goes back to the pixels that its output was made of."""
    positions = _positions(transforms, *grad_outputs.shape[1:3])
    return kernels.grad_inputs(
        grad_outputs, positions, FILL_MODES.index(fill_mode), interpolation == "nearest"
    )


def _positions(transforms: np.ndarray, H: int, W: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the parts of the positions: columns (N, 2, W), rows (N, 2, H) and shifts (N, 2)."""
    matrices = transforms.reshape(-1, 2, 3)  # (N, [x, y], [of a column, of a row, shift])
    columns = matrices[:, :, :1] * np.arange(W, dtype=np.float32)
    rows = matrices[:, :, 1:2] * np.arange(H, dtype=np.float32)
    return columns, rows, np.ascontiguousarray(matrices[:, :, 2])
