"""CustomScaleLayer by its definition."""


def custom_scale_layer(inputs, scale: float):
    """Return ``inputs[0] + scale · inputs[1]``."""
    return inputs[0] + scale * inputs[1]


def custom_scale_layer_gradient(inputs, grad_outputs, scale: float):
    """Return ∂loss/∂inputs, a list: the factors are 1 and scale."""
    return [grad_outputs, scale * grad_outputs]
