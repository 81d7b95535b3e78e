"""Batch normalization by its definition, and its gradient by the chain rule, one step after the other.

All functions take the channels on the last axis; R = N·H·W·… is the number of numbers per channel.
"""

import numpy as np


def moments(inputs):
    """Return the mean and the (biased) variance of each channel."""
    axes = tuple(range(inputs.ndim - 1))
    mean = inputs.mean(axes)
    return mean, ((inputs - mean) ** 2).mean(axes)


def batch_normalization(inputs, gamma, beta, mean, variance, epsilon: float):
    """Return ``outputs = gamma · (inputs − mean) / √(variance + epsilon) + beta``."""
    return gamma * (inputs - mean) / np.sqrt(variance + epsilon) + beta


def batch_normalization_gradients(inputs, gamma, grad_outputs, epsilon: float):
    """Return ∂loss/∂inputs, ∂loss/∂gamma and ∂loss/∂beta when the statistics are those of the batch.

    The steps of the paper's section 3, with x̂ = (x − mean) / √(variance + epsilon).
    """
    axes = tuple(range(inputs.ndim - 1))
    R = inputs.size // inputs.shape[-1]
    mean, variance = moments(inputs)
    centered = inputs - mean
    stddev = np.sqrt(variance + epsilon)
    # outputs = gamma · x̂ + beta
    grad_normalized = grad_outputs * gamma
    # x̂ = centered · (variance + epsilon)^(−1/2)
    grad_variance = (grad_normalized * centered).sum(axes) * -0.5 * (variance + epsilon) ** -1.5
    # the mean is part of every centered number, in x̂ and in the variance
    grad_mean = -grad_normalized.sum(axes) / stddev - 2 * grad_variance * centered.mean(axes)
    # x is part of its own x̂, of the variance and of the mean
    grad_inputs = grad_normalized / stddev + grad_variance * 2 * centered / R + grad_mean / R
    return grad_inputs, (grad_outputs * centered / stddev).sum(axes), grad_outputs.sum(axes)


def inference_gradients(inputs, gamma, grad_outputs, mean, variance, epsilon: float):
    """Return the same three gradients when mean and variance are constants."""
    axes = tuple(range(inputs.ndim - 1))
    stddev = np.sqrt(variance + epsilon)
    normalized = (inputs - mean) / stddev
    return grad_outputs * gamma / stddev, (grad_outputs * normalized).sum(axes), grad_outputs.sum(axes)


def renorm_correction(
    mean, variance, renorm_mean, renorm_stddev, epsilon: float, rmin=0.0, rmax=np.inf, dmax=np.inf
):
    """Return r and d of batch renormalization (arXiv:1702.03275): x̂·r + d is x seen from many batches."""
    renorm_stddev = np.maximum(renorm_stddev, np.sqrt(epsilon))
    r = np.clip(np.sqrt(variance + epsilon) / renorm_stddev, rmin, rmax)
    d = np.clip((mean - renorm_mean) / renorm_stddev, -dmax, dmax)
    return r, d
