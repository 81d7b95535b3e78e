"""``model.weights.npz``, the other form in which Keras can keep arrays."""

from collections.abc import Mapping

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.weights import Stored
from cnn_scratch.models.saving.window import Window


def read_arrays(window: Window) -> Mapping[str, Stored]:
    """Not yet."""
    raise ModelFileError(f"{window.name}: not yet")
