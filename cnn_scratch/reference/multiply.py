"""The product of several inputs by its definition."""

import math

from cnn_scratch.reference.merging import aligned, sum_to


def multiply(inputs):
    """Return ``inputs[0] · inputs[1] · …``."""
    return math.prod(aligned(inputs))


def multiply_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, a list: the factor of an input is the product of all others."""
    same_rank = aligned(inputs)
    factors = [math.prod(x for j, x in enumerate(same_rank) if j != i) for i in range(len(inputs))]
    return [sum_to(grad_outputs * factor, x) for factor, x in zip(factors, inputs, strict=True)]
