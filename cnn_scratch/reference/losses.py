"""The textbook definitions of the losses: one loss per sample, then its mean over the batch.

y_true and y_pred are float arrays of shape (N, D); the gradients are those of the mean over the N
samples with respect to y_pred.
"""

import numpy as np

EPSILON = 1e-7


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return exp(z) / Σ exp(z) of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return rows of zeros with a one at each label."""
    return np.eye(classes)[labels]


def categorical_crossentropy(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return −Σ t·log p of each row, the probabilities normalised and then clipped."""
    p = np.clip(y_pred / y_pred.sum(axis=1, keepdims=True), EPSILON, 1 - EPSILON)
    return -(y_true * np.log(p)).sum(axis=1)


def categorical_crossentropy_from_logits(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return −Σ t·log softmax(z) of each row."""
    return -(y_true * np.log(softmax(logits))).sum(axis=1)


def categorical_crossentropy_from_logits_gradient(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return (σ·Σt − t) / N."""
    return (softmax(logits) * y_true.sum(axis=1, keepdims=True) - y_true) / len(logits)


def sparse_categorical_crossentropy(labels: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return −log p of the labelled class, the probabilities clipped and then normalised."""
    p = np.clip(y_pred, EPSILON, 1 - EPSILON)
    p = p / p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels])


def binary_crossentropy(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of −t·log p − (1 − t)·log(1 − p) over each row, the probabilities clipped."""
    p = np.clip(y_pred, EPSILON, 1 - EPSILON)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p)).mean(axis=1)


def binary_crossentropy_from_logits(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the mean of log(1 + e^z) − t·z over each row."""
    return (np.logaddexp(0, logits) - y_true * logits).mean(axis=1)


def binary_crossentropy_from_logits_gradient(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return (σ(z) − t) / (N·D)."""
    return (1 / (1 + np.exp(-logits)) - y_true) / logits.size


def mean_squared_error(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of (y_pred − y_true)² over each row."""
    return ((y_pred - y_true) ** 2).mean(axis=1)


def mean_squared_error_gradient(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return 2·(y_pred − y_true) / (N·D)."""
    return 2 * (y_pred - y_true) / y_pred.size


def mean_absolute_error(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of |y_pred − y_true| over each row."""
    return np.abs(y_pred - y_true).mean(axis=1)


def mean_absolute_error_gradient(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return sign(y_pred − y_true) / (N·D)."""
    return np.sign(y_pred - y_true) / y_pred.size
