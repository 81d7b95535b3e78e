"""A larger image by its definition."""

from cnn_scratch.reference.resizing import resizing, resizing_gradient


def up_sampling2d(inputs, size, interpolation="nearest"):
    """Return inputs (N, H, W, C) as (N, H·SH, W·SW, C), size = (SH, SW)."""
    if interpolation == "nearest":
        return inputs.repeat(size[0], axis=1).repeat(size[1], axis=2)
    _, H, W, _ = inputs.shape
    return resizing(inputs, H * size[0], W * size[1], interpolation)


def up_sampling2d_gradient(inputs, grad_outputs, size, interpolation="nearest"):
    """Return ∂loss/∂inputs: the sum over the copies, or over what a pixel gave its weight to."""
    N, H, W, C = inputs.shape
    if interpolation == "nearest":
        return grad_outputs.reshape(N, H, size[0], W, size[1], C).sum(axis=(2, 4))
    return resizing_gradient(inputs, grad_outputs, H * size[0], W * size[1], interpolation)
