"""1-D depthwise convolution by its definition: one window after the other."""

import numpy as np

from cnn_scratch.reference.conv1d import pad_sequence, pads_of_sequence


def depthwise_conv1d(inputs, kernel, bias, stride=1, padding="valid", dilation=1) -> np.ndarray:
    """Return ``outputs[n, o, c·M + m] = Σ_k padded[n, o·S + k·D, c] · kernel[k, c, m] + bias[c·M + m]``.

    Args:
        inputs: (N, L, C).
        kernel: (K, C, M).
        bias: (C·M,).

    Returns:
        outputs: (N, OL, C·M).
    """
    padded = pad_sequence(inputs, len(kernel), stride, padding, dilation)
    extent = (len(kernel) - 1) * dilation + 1
    places = (padded.shape[1] - extent) // stride + 1
    windows = [
        padded[:, o * stride : o * stride + extent : dilation] for o in range(places)
    ]  # each (N, K, C)
    outputs = np.stack([np.einsum("nkc,kcm->ncm", window, kernel) for window in windows], axis=1)
    return outputs.reshape(len(inputs), places, kernel[0].size) + bias


def depthwise_conv1d_gradients(inputs, kernel, grad_outputs, stride=1, padding="valid", dilation=1):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every window.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OL, C·M).
    """
    padded = pad_sequence(inputs, len(kernel), stride, padding, dilation)
    grad_padded, grad_kernel = np.zeros_like(padded), np.zeros_like(kernel)
    extent = (len(kernel) - 1) * dilation + 1
    for o in range(grad_outputs.shape[1]):
        window = slice(o * stride, o * stride + extent, dilation)
        grad = grad_outputs[:, o].reshape(len(inputs), *kernel.shape[1:])  # (N, C, M)
        grad_kernel += np.einsum("nkc,ncm->kcm", padded[:, window], grad)
        grad_padded[:, window] += np.einsum("ncm,kcm->nkc", grad, kernel)
    first = pads_of_sequence(inputs.shape[1], len(kernel), stride, padding, dilation)[0]
    return grad_padded[:, first : first + inputs.shape[1]], grad_kernel, grad_outputs.sum(axis=(0, 1))
