"""Convolution by its definition: one window after the other."""

import numpy as np

from cnn_scratch.shapes import Window


def conv2d(inputs, kernel, bias, window: Window, groups: int = 1) -> np.ndarray:
    """Return ``outputs[n, oh, ow, f] = Σ_kh Σ_kw Σ_c padded[n, h, w, c] · kernel[kh, kw, c, f] + bias[f]``.

    Here h = oh·SH + kh·DH and w = ow·SW + kw·DW. With groups, filter f sees only the channels of
    its own group.

    Args:
        inputs: (N, H, W, C).
        kernel: (KH, KW, C // groups, F).
        bias: (F,).

    Returns:
        outputs: (N, OH, OW, F).
    """
    padded = pad(inputs, window)
    OH, OW = window.output_size(*inputs.shape[1:3])
    outputs = np.empty((len(inputs), OH, OW, kernel.shape[-1]), inputs.dtype)
    for oh, ow in np.ndindex(OH, OW):
        for channels, filters in group_slices(inputs.shape[-1], kernel.shape[-1], groups):
            pixels = padded[(slice(None), *window_slices(window, oh, ow), channels)]  # (N, KH, KW, C/G)
            outputs[:, oh, ow, filters] = np.tensordot(pixels, kernel[..., filters], axes=3)
    return outputs + bias


def conv2d_gradients(inputs, kernel, grad_outputs, window: Window, groups: int = 1):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every window.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OH, OW, F).
    """
    padded = pad(inputs, window)
    grad_padded = np.zeros_like(padded)
    grad_kernel = np.zeros_like(kernel)
    for oh, ow in np.ndindex(*grad_outputs.shape[1:3]):
        for channels, filters in group_slices(inputs.shape[-1], kernel.shape[-1], groups):
            place = (slice(None), *window_slices(window, oh, ow), channels)
            grad = grad_outputs[:, oh, ow, filters]  # (N, F/G)
            grad_kernel[..., filters] += np.tensordot(padded[place], grad, axes=(0, 0))
            grad_padded[place] += np.tensordot(grad, kernel[..., filters], axes=(1, 3))
    return unpad(grad_padded, window, inputs.shape), grad_kernel, grad_outputs.sum(axis=(0, 1, 2))


def group_slices(channels: int, filters: int, groups: int) -> list[tuple[slice, slice]]:
    """Return, for each group, its slice of the input channels and its slice of the filters."""
    c, f = channels // groups, filters // groups
    return [(slice(g * c, (g + 1) * c), slice(g * f, (g + 1) * f)) for g in range(groups)]


def window_slices(window: Window, oh: int, ow: int) -> tuple[slice, slice]:
    """Return the rows and columns of the padded image that the window sees at its place (oh, ow)."""
    (EH, EW), (SH, SW), (DH, DW) = window.extent, window.strides, window.dilation
    return slice(oh * SH, oh * SH + EH, DH), slice(ow * SW, ow * SW + EW, DW)


def pad(images, window: Window, value: float = 0.0) -> np.ndarray:
    """Return images (N, H, W, C) with the border that ``window`` asks for, filled with ``value``."""
    top, bottom, left, right = window.pads(*images.shape[1:3])
    return np.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=value)


def unpad(padded, window: Window, shape) -> np.ndarray:
    """Return ``padded`` without its border: the reverse of ``pad``."""
    top, _, left, _ = window.pads(*shape[1:3])
    return padded[:, top : top + shape[1], left : left + shape[2]]
