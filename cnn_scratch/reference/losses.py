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


def binary_focal_crossentropy(y_true, y_pred, gamma=2.0, alpha=None) -> np.ndarray:
    """Return the mean of w·(1 − p_t)^γ·bce over each row; w is 1, or α for a yes and 1 − α for a no."""
    p = np.clip(y_pred, EPSILON, 1 - EPSILON)
    entropies = -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
    p_t = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    w = 1 if alpha is None else y_true * alpha + (1 - y_true) * (1 - alpha)
    return (w * (1 - p_t) ** gamma * entropies).mean(axis=1)


def categorical_focal_crossentropy(y_true, y_pred, gamma=2.0, alpha=0.25) -> np.ndarray:
    """Return −Σ α·(1 − p)^γ·t·log p of each row, the probabilities normalised and then clipped."""
    p = np.clip(y_pred / y_pred.sum(axis=1, keepdims=True), EPSILON, 1 - EPSILON)
    return -(alpha * (1 - p) ** gamma * y_true * np.log(p)).sum(axis=1)


def hinge(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of max(1 − t·y, 0) over each row, for labels −1 and 1."""
    return np.maximum(1 - y_true * y_pred, 0).mean(axis=1)


def squared_hinge(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of max(1 − t·y, 0)² over each row, for labels −1 and 1."""
    return (np.maximum(1 - y_true * y_pred, 0) ** 2).mean(axis=1)


def categorical_hinge(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return max(max((1 − t)·y) − Σ t·y + 1, 0) of each row."""
    return np.maximum(((1 - y_true) * y_pred).max(axis=1) - (y_true * y_pred).sum(axis=1) + 1, 0)


def kl_divergence(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return Σ t·log(t / p) of each row, both clipped."""
    t, p = np.clip(y_true, EPSILON, 1), np.clip(y_pred, EPSILON, 1)
    return (t * np.log(t / p)).sum(axis=1)


def poisson(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of y − t·log y over each row."""
    return (y_pred - y_true * np.log(y_pred + EPSILON)).mean(axis=1)


def huber(y_true: np.ndarray, y_pred: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """Return the mean over each row of e²/2, or δ·(|e| − δ/2) where |e| is above δ."""
    e = np.abs(y_pred - y_true)
    return np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)).mean(axis=1)


def log_cosh(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of log cosh(y_pred − y_true) over each row."""
    return np.log(np.cosh(y_pred - y_true)).mean(axis=1)


def mean_absolute_percentage_error(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of 100·|y_pred − y_true| / |y_true| over each row."""
    return 100 * (np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)).mean(axis=1)


def mean_squared_logarithmic_error(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return the mean of (log(y_pred + 1) − log(y_true + 1))² over each row, negative numbers as 0."""
    return ((np.log1p(np.maximum(y_pred, EPSILON)) - np.log1p(np.maximum(y_true, EPSILON))) ** 2).mean(axis=1)


def cosine_similarity(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return minus the cosine of the angle between the two rows."""
    lengths = np.linalg.norm(y_true, axis=1) * np.linalg.norm(y_pred, axis=1)
    return -(y_true * y_pred).sum(axis=1) / lengths


def dice(t, y, axis=None):
    """Return 1 − 2·Σ t·y / (Σ t + Σ y): twice what labels and predictions have in common, over both."""
    return 1 - 2 * (t * y).sum(axis) / (t.sum(axis) + y.sum(axis) + 1e-7)


def tversky(t, y, alpha=0.5, beta=0.5, axis=None):
    """Return 1 − c / (c + α·missed + β·too much), where c = Σ t·y is what labels and predictions share."""
    common = (t * y).sum(axis)
    return 1 - common / (common + alpha * (t * (1 - y)).sum(axis) + beta * ((1 - t) * y).sum(axis) + 1e-7)
