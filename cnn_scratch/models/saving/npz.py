"""``model.weights.npz``, the other form in which Keras can keep arrays: refused, with the reason."""

from collections.abc import Mapping

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.weights import Stored
from cnn_scratch.models.saving.window import Window


def read_arrays(window: Window) -> Mapping[str, Stored]:
    """Raise: what Keras calls npz holds pickled dictionaries, and a pickle is a program.

    Keras's own loader refuses such files too, since it passes ``allow_pickle=False``.
    """
    raise ModelFileError(
        f"{window.name}: expected model.weights.h5. Received: an npz file, in which Keras keeps arrays as "
        "pickles, and a pickle can run anything. Save the model again with weights_format='h5'"
    )
