"""The axes of each sample in another order by definition: number by number."""

import numpy as np


def permute(inputs, dims):
    """Return the outputs: number (n, i₁, i₂, …) goes where its indices stand in the order of ``dims``."""
    outputs = np.empty([inputs.shape[axis] for axis in (0, *dims)], inputs.dtype)
    for index in np.ndindex(*inputs.shape):
        outputs[tuple(index[axis] for axis in (0, *dims))] = inputs[index]
    return outputs


def permute_gradient(inputs, grad_outputs, dims):
    """Return ∂loss/∂inputs: each number's gradient comes back from where the number went."""
    grad_inputs = np.empty_like(inputs)
    for index in np.ndindex(*inputs.shape):
        grad_inputs[index] = grad_outputs[tuple(index[axis] for axis in (0, *dims))]
    return grad_inputs
