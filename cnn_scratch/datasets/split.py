"""Holding out a part of the images for the test, class by class."""

import numpy as np

from cnn_scratch.datasets.errors import DatasetError


def stratified_split(
    labels: np.ndarray, fraction: float = 0.2, seed: int = 0, class_names: tuple[str, ...] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Choose which images to train on and which to hold out, the same share of every class.

    Of the n images of a class, round(n · fraction) are held out, but at least one, and at least
    one is left to train on. The choice and both orders depend on the labels, the fraction and
    the seed alone. Both orders are shuffled, so that a further part taken off the end (Keras's
    ``validation_split``) holds every class.

    Args:
        labels: (N,) whole numbers ≥ 0.
        fraction: the share to hold out, between 0 and 1.
        seed: of the random choice.
        class_names: used in messages.

    Returns:
        Two arrays of positions in ``labels``, without overlap: to train on, held out.

    Raises:
        DatasetError: if the fraction is not between 0 and 1, or a class has only one image.
    """
    if not 0 < fraction < 1:
        raise DatasetError(f"Expected a test fraction between 0 and 1. Received: {fraction}.")
    generator = np.random.Generator(np.random.PCG64(seed))
    train, test = [], []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            name = class_names[label] if class_names else label
            raise DatasetError(
                f"Expected at least two images of every class, one to train on and one to hold out. "
                f"Received: {len(members)} of class {name}. Add images of it, or give a test set of your own."
            )
        held_out = min(max(1, round(len(members) * fraction)), len(members) - 1)
        test.append(members[:held_out])
        train.append(members[held_out:])
    return generator.permutation(np.concatenate(train)), generator.permutation(np.concatenate(test))
