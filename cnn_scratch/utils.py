"""Small tools that Keras users look for: seeds, one-hot labels, a fresh start."""

import numpy as np

from cnn_scratch.naming import reset_names
from cnn_scratch.random import set_random_seed

__all__ = ["clear_session", "set_random_seed", "to_categorical"]


def to_categorical(x, num_classes: int | None = None) -> np.ndarray:
    """Return integer labels as one-hot rows.

    Args:
        x: labels of any shape, integers from 0; a last axis of length 1 is dropped.
        num_classes: the length of a row; the largest label + 1 if not given.

    Returns:
        Zeros and ones, float32, of shape (…, num_classes).

    Raises:
        ValueError: a label that is not an integer from 0 to num_classes − 1.

    Example:
        >>> to_categorical([0, 2, 1])
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]], dtype=float32)
    """
    labels = np.asarray(x)
    if labels.dtype.kind not in "biuf" or not np.array_equal(labels, np.floor(labels)):
        raise ValueError(f"Expected integer labels. Received: an array of dtype {labels.dtype}")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    whole = labels.astype(np.int64)
    size = num_classes or int(whole.max(initial=-1)) + 1
    if whole.size and not 0 <= whole.min() <= whole.max() < size:
        raise ValueError(
            f"Expected labels from 0 to {size - 1}. Received: labels from {whole.min()} to {whole.max()}"
        )
    return np.eye(size, dtype=np.float32)[whole]


def clear_session() -> None:
    """Start the numbering of layer names again: the next ``Conv2D`` is ``conv2d``."""
    reset_names()
