"""Group normalization by its definition: layer normalization of the groups, then gamma and beta.

Both functions take the channels on the last axis.
"""

from cnn_scratch.reference.layer_normalization import layer_normalization, layer_normalization_gradients


def group_normalization(inputs, gamma, beta, groups: int, epsilon: float):
    """Return ``gamma · x̂ + beta``, with x̂ normalized over the pixels and the channels of each group."""
    grouped, axes = into_groups(inputs, groups)
    return gamma * layer_normalization(grouped, 1, 0, axes, epsilon).reshape(inputs.shape) + beta


def group_normalization_gradients(inputs, gamma, grad_outputs, groups: int, epsilon: float):
    """Return ∂loss/∂inputs, ∂loss/∂gamma and ∂loss/∂beta."""
    grouped, axes = into_groups(inputs, groups)
    normalized = layer_normalization(grouped, 1, 0, axes, epsilon).reshape(inputs.shape)
    grad_normalized = (grad_outputs * gamma).reshape(grouped.shape)
    grad_inputs, _, _ = layer_normalization_gradients(grouped, 1, grad_normalized, axes, epsilon)
    others = tuple(range(inputs.ndim - 1))
    return (
        grad_inputs.reshape(inputs.shape),
        (grad_outputs * normalized).sum(others),
        grad_outputs.sum(others),
    )


def into_groups(inputs, groups: int):
    """Return the inputs as (N, …, groups, C / groups), and the axes over which a group extends."""
    grouped = inputs.reshape(*inputs.shape[:-1], groups, inputs.shape[-1] // groups)
    return grouped, (*range(1, inputs.ndim - 1), inputs.ndim)
