"""The mean of several inputs by its definition."""

from cnn_scratch.reference.merging import aligned, sum_to


def average(inputs):
    """Return ``(inputs[0] + inputs[1] + …) / K`` for K inputs."""
    return sum(aligned(inputs)) / len(inputs)


def average_gradient(inputs, grad_outputs):
    """Return ∂loss/∂inputs, a list: each input has the factor 1/K."""
    return [sum_to(grad_outputs / len(inputs), x) for x in inputs]
