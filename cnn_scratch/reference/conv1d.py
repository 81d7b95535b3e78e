"""1-D convolution by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.conv2d import group_slices


def conv1d(inputs, kernel, bias, stride=1, padding="valid", dilation=1, groups=1) -> np.ndarray:
    """Return ``outputs[n, o, f] = Σ_k Σ_c padded[n, o·S + k·D, c] · kernel[k, c, f] + bias[f]``.

    With groups, filter f sees only the channels of its own group.

    Args:
        inputs: (N, L, C).
        kernel: (K, C // groups, F).
        bias: (F,).

    Returns:
        outputs: (N, OL, F).
    """
    padded = pad_sequence(inputs, len(kernel), stride, padding, dilation)
    extent = (len(kernel) - 1) * dilation + 1
    places = (padded.shape[1] - extent) // stride + 1
    outputs = np.empty((len(inputs), places, kernel.shape[-1]), inputs.dtype)
    for o in range(places):
        window = padded[:, o * stride : o * stride + extent : dilation]  # (N, K, C)
        for channels, filters in group_slices(inputs.shape[-1], kernel.shape[-1], groups):
            outputs[:, o, filters] = np.tensordot(window[..., channels], kernel[..., filters], axes=2)
    return outputs + bias


def conv1d_gradients(inputs, kernel, grad_outputs, stride=1, padding="valid", dilation=1, groups=1):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every window.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OL, F).
    """
    padded = pad_sequence(inputs, len(kernel), stride, padding, dilation)
    grad_padded, grad_kernel = np.zeros_like(padded), np.zeros_like(kernel)
    extent = (len(kernel) - 1) * dilation + 1
    for o in range(grad_outputs.shape[1]):
        window = slice(o * stride, o * stride + extent, dilation)
        for channels, filters in group_slices(inputs.shape[-1], kernel.shape[-1], groups):
            grad = grad_outputs[:, o, filters]  # (N, F / groups)
            grad_kernel[..., filters] += np.tensordot(padded[:, window, channels], grad, axes=(0, 0))
            grad_padded[:, window, channels] += np.tensordot(grad, kernel[..., filters], axes=(1, 2))
    first = pads_of_sequence(inputs.shape[1], len(kernel), stride, padding, dilation)[0]
    return grad_padded[:, first : first + inputs.shape[1]], grad_kernel, grad_outputs.sum(axis=(0, 1))


def pads_of_sequence(length, size, stride, padding, dilation) -> tuple[int, int]:
    """Return how many zeros stand before and after the sequence; the odd one of ``"same"`` comes after."""
    extent = (size - 1) * dilation + 1
    if padding == "causal":
        return extent - 1, 0
    missing = max(0, (-(-length // stride) - 1) * stride + extent - length) if padding == "same" else 0
    return missing // 2, missing - missing // 2


def pad_sequence(inputs, size, stride, padding, dilation) -> np.ndarray:
    """Return the inputs (N, L, C) with the zeros that the padding asks for."""
    before_and_after = pads_of_sequence(inputs.shape[1], size, stride, padding, dilation)
    return np.pad(inputs, ((0, 0), before_and_after, (0, 0)))
