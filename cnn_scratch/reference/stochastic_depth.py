"""Stochastic depth by its definition: dropout with one random number per sample."""

from cnn_scratch.reference.dropout import dropout, dropout_gradient


def stochastic_depth(inputs, drop_path_rate: float, key):
    """Return ``inputs[n] / (1 − rate)`` where uniform[n] ≥ rate, else 0."""
    return dropout(inputs, drop_path_rate, key, one_each(inputs))


def stochastic_depth_gradient(grad_outputs, drop_path_rate: float, key):
    """Return ∂loss/∂inputs: every sample was multiplied by its mask."""
    return dropout_gradient(grad_outputs, drop_path_rate, key, one_each(grad_outputs))


def one_each(inputs):
    """Return the shape of the mask, (N, 1, …, 1)."""
    return (len(inputs), *(1,) * (inputs.ndim - 1))
