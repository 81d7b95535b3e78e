"""Dropout of whole activation maps by its definition: one random number per image and channel."""

from cnn_scratch.reference.dropout import dropout_mask


def spatial_dropout2d(inputs, rate: float, key):
    """Return ``outputs[n, h, w, c] = inputs[n, h, w, c] · mask[n, c]``; inputs are (N, H, W, C)."""
    return inputs * dropout_mask((inputs.shape[0], 1, 1, inputs.shape[3]), rate, key)


def spatial_dropout2d_gradient(grad_outputs, rate: float, key):
    """Return ∂loss/∂inputs[n, h, w, c] = ∂loss/∂outputs[n, h, w, c] · mask[n, c]."""
    return grad_outputs * dropout_mask((grad_outputs.shape[0], 1, 1, grad_outputs.shape[3]), rate, key)
