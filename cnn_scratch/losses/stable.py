"""The few numerical steps that the cross-entropies share."""

import numpy as np

# Keras keeps probabilities this far from 0 and 1 before it takes a logarithm.
EPSILON = 1e-7


def log_softmax(logits: np.ndarray, axis: int) -> np.ndarray:
    """Return log(exp(z) / Σ exp(z)) along ``axis``, without overflow for any finite z.

    Subtracting the largest logit does not change the quotient, and no exponent is then positive.
    """
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def clip_probabilities(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clip to [ε, 1 − ε].

    Returns:
        The clipped array, and a mask that is false where clipping changed the value: there the
        gradient is zero (and at a bound itself it is not, as in TensorFlow).
    """
    dtype = probabilities.dtype.type
    low, high = dtype(EPSILON), dtype(1.0 - EPSILON)
    inside = ~((probabilities < low) | (probabilities > high))  # true for NaN, so that it is not hidden
    return np.clip(probabilities, low, high), inside


def divided_by_sum(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``values / total`` and ``total = Σ values`` along ``axis`` (kept as an axis of length 1)."""
    total = values.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # a row of zeros gives NaN, as in TensorFlow
        return values / total, total


def minus_weighted_sum(grad_quotients: np.ndarray, quotients: np.ndarray, axis: int) -> np.ndarray:
    """Return g − Σ p·g along ``axis``, for p = v / Σv (or p = softmax(z)) and g = ∂loss/∂p.

    That is Σv·∂loss/∂v, since ∂pᵢ/∂vⱼ = ([i = j] − pᵢ) / Σv; and p times it is ∂loss/∂z.
    """
    return grad_quotients - (grad_quotients * quotients).sum(axis=axis, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e⁻ᶻ); the exponent is never positive, so nothing overflows."""
    power = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, power) / (1 + power)
