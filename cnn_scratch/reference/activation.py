"""An activation layer by its definition, for any function of one number."""

import numpy as np


def activation(inputs, function) -> np.ndarray:
    """Return ``outputs[i] = function(inputs[i])`` for every number."""
    return np.array([function(number) for number in inputs.flat]).reshape(inputs.shape)


def activation_gradient(inputs, grad_outputs, derivative) -> np.ndarray:
    """Return ∂loss/∂inputs by the chain rule: ``grad_outputs[i] · derivative(inputs[i])``."""
    return grad_outputs * activation(inputs, derivative)
