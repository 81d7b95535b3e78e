"""The 1,797 handwritten digits of the UCI set, 8×8 pixels, stored in this package.

They are the test part of the "Optical Recognition of Handwritten Digits" data set (E. Alpaydin and
C. Kaynak, UCI Machine Learning Repository, doi 10.24432/C50P49, CC BY 4.0), as scikit-learn has it;
``data/digits.md`` says so in full. A pixel counts the ink dots in a 4×4 block of a 32×32 bitmap, so
it is a whole number from 0 to 16.
"""

from pathlib import Path

import numpy as np

TITLE = "the UCI handwritten digits that come with cnn_scratch"
CLASS_NAMES = tuple("0123456789")
VALUE_RANGE = (0, 16)
FILE = Path(__file__).parent / "data" / "digits.npz"


def load_all() -> tuple[np.ndarray, np.ndarray]:
    """Return all images (1797, 8, 8) and labels (1797,), uint8, in the order of the UCI file."""
    with np.load(FILE, allow_pickle=False) as file:
        return file["images"], file["labels"]


def load_data():
    """Load the digits as Keras loads MNIST.

    The split is the same for everyone and uses no random numbers: of every five images of a
    class, in the order of the file, the third is held out. The digits of 13 writers are in the
    file, so images of one writer are in both parts.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (1438, 8, 8) and (359, 8, 8)
        with values from 0 to 16, labels (1438,) and (359,).
    """
    images, labels = load_all()
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        held_out[np.flatnonzero(labels == digit)[2::5]] = True
    return (images[~held_out], labels[~held_out]), (images[held_out], labels[held_out])


def load_with_source(data_dir=None, progress=None):
    """Return what `load_data` returns, and a phrase that says what was read.

    ``data_dir`` and ``progress`` are there because every named set has them; nothing is read
    from elsewhere and nothing takes long.
    """
    return load_data(), TITLE
