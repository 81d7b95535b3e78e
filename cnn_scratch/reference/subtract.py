"""The difference of two inputs by its definition."""

from cnn_scratch.reference.merging import aligned, sum_to


def subtract(inputs):
    """Return ``inputs[0] − inputs[1]``."""
    first, second = aligned(inputs)
    return first - second


def subtract_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, a list: the factors are 1 and −1."""
    first, second = inputs
    return [sum_to(grad_outputs, first), sum_to(-grad_outputs, second)]
