"""Labels and vectors as a network wants them."""

import numpy as np


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


def normalize(x, axis: int = -1, order: float = 2) -> np.ndarray:
    """Return ``x`` divided by its norm along an axis; where the norm is 0, as it is.

    Args:
        x: numbers.
        axis: along which the norm is taken.
        order: of the norm; 2 is the length.

    Example:
        >>> normalize([[3, 4], [0, 0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
