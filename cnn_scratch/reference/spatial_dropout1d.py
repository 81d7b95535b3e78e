"""Dropout of whole features by its definition: one random number per sequence and channel."""

from cnn_scratch.reference.dropout import dropout_mask


def spatial_dropout1d(inputs, rate: float, key):
    """Return ``outputs[n, t, c] = inputs[n, t, c] · mask[n, c]``; inputs are (N, T, C)."""
    return inputs * dropout_mask((inputs.shape[0], 1, inputs.shape[2]), rate, key)


def spatial_dropout1d_gradient(grad_outputs, rate: float, key):
    """Return ∂loss/∂inputs[n, t, c] = ∂loss/∂outputs[n, t, c] · mask[n, c]."""
    return grad_outputs * dropout_mask((grad_outputs.shape[0], 1, grad_outputs.shape[2]), rate, key)
