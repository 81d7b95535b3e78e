"""What the definitions of the merging layers share: inputs of different ranks, and repeated numbers."""


def aligned(inputs):
    """Return the inputs with ones after the batch, so that all have as many axes as the longest."""
    rank = max(x.ndim for x in inputs)
    return [x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in inputs]


def sum_to(grad, x):
    """Return the sum of ``grad`` over the axes along which ``x`` was repeated, in the shape of ``x``."""
    shape = (x.shape[0], *(1,) * (grad.ndim - x.ndim), *x.shape[1:])
    for axis, size in enumerate(shape):
        if size != grad.shape[axis]:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad.reshape(x.shape)
