"""1-D transposed convolution by its definition: every input place gives its multiple of the kernel."""

import numpy as np

from cnn_scratch.reference.conv1d import pads_of_sequence


def conv1d_transpose(inputs, kernel, bias, length, stride=1, padding="valid", dilation=1) -> np.ndarray:
    """Return ``outputs[n, i·S + k·D − left, f] += Σ_c inputs[n, i, c] · kernel[k, f, c]``, plus bias[f].

    Args:
        inputs: (N, L, C).
        kernel: (K, F, C).
        bias: (F,).
        length: OL, the length of the outputs.

    Returns:
        outputs: (N, OL, F).
    """
    left, right = pads_of_sequence(length, len(kernel), stride, padding, dilation)
    padded = np.zeros((len(inputs), left + length + right, kernel.shape[1]), inputs.dtype)
    for i in range(inputs.shape[1]):
        for k in range(len(kernel)):
            padded[:, i * stride + k * dilation] += inputs[:, i] @ kernel[k].T
    return padded[:, left : left + length] + bias


def conv1d_transpose_gradients(inputs, kernel, grad_outputs, stride=1, padding="valid", dilation=1):
    """Return ∂loss/∂inputs, ∂loss/∂kernel and ∂loss/∂bias, by the product rule at every place.

    Args:
        grad_outputs: ∂loss/∂outputs, (N, OL, F).
    """
    pads = pads_of_sequence(grad_outputs.shape[1], len(kernel), stride, padding, dilation)
    padded = np.pad(grad_outputs, ((0, 0), pads, (0, 0)))
    grad_inputs, grad_kernel = np.zeros_like(inputs), np.zeros_like(kernel)
    for i in range(inputs.shape[1]):
        for k in range(len(kernel)):
            grad = padded[:, i * stride + k * dilation]  # (N, F)
            grad_inputs[:, i] += grad @ kernel[k]
            grad_kernel[k] += grad.T @ inputs[:, i]
    return grad_inputs, grad_kernel, grad_outputs.sum(axis=(0, 1))
