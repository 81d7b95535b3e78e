"""Three steps of training in Keras and here: the same weights, and the same state of the optimizer."""

from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

import cnn_scratch
from tests.applications.catalogue import SmallModel
from tests.applications.randomize import images_for, randomize, without_randomness

STEPS = 3
# Small, because the gradients of random networks are large (hundreds): rounding errors grow with the step.
LEARNING_RATE = 2**-20
# float64: 1e-16 per operation; batch normalization over four values, and its gradient, amplify that in each
# of up to fifty layers.
BOUND = 1e-7
# Keras rounds constants of these to float32, even in float64: those of Rescaling and Normalization, and
# √2 in gelu. They are then 3e-8 away from ours before the first layer.
BOUND_OF_ROUNDED = 1e-4
ROUNDED = {"mobilenet_v3", "efficientnet", "efficientnet_v2", "convnext"}


@contextmanager
def float64():
    """Let Keras build and compute in float64, where the order of additions hardly matters."""
    before = keras.config.floatx()
    _set_dtype("float64")
    try:
        yield
    finally:
        _set_dtype(before)


def _set_dtype(name: str) -> None:
    keras.config.set_floatx(name)
    keras.config.set_dtype_policy(name)


def train_both(small: SmallModel, folder: Path):
    """Return our model and Keras's after three steps, ours read from the file that Keras wrote before."""
    with float64():
        theirs = small.build()
        images = images_for(theirs, count=4)
        labels = np.array([3, 1, 4, 1])
        randomize(theirs, images)
        without_randomness(theirs)
        optimizer = keras.optimizers.SGD(LEARNING_RATE, momentum=0.875)
        theirs.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=True)
        theirs.save(folder / "start.keras")
        ours = cnn_scratch.models.load_model(folder / "start.keras")
        for _ in range(STEPS):
            losses = [model.train_on_batch(images, labels) for model in (ours, theirs)]
            assert np.isfinite(losses).all()
    return ours, theirs


def largest_difference(ours, theirs) -> tuple[float, str]:
    """Return how far the weights and the optimizer's variables are apart, and where that is.

    The difference of an array is a share of its largest value. (Where a bias stands before a batch
    normalization its gradient is 0, and computed as rounding errors: so the scale of a momentum is at least a
    thousandth of the largest of all.)
    """
    pairs = list(zip(ours.get_weights(), theirs.weights, strict=True))
    pairs += zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True)
    least = max(np.abs(momentum).max() for momentum in ours.optimizer.variables[2:]) / 1000
    found = []
    for value, variable in pairs:
        expected = keras.ops.convert_to_numpy(variable)
        scale = max(np.abs(expected).max(), least if "momentum" in variable.name else 0) or 1
        found.append((float(np.abs(value - expected).max() / scale), variable.path))
    return max(found)


def assert_same_weights(ours, theirs, family: str) -> float:
    """Return the largest difference, or raise and name the variable if it is too large."""
    difference, where = largest_difference(ours, theirs)
    bound = BOUND_OF_ROUNDED if family in ROUNDED else BOUND
    assert difference <= bound, f"{where}: {difference:.1e} (bound {bound:.0e})"
    return difference
