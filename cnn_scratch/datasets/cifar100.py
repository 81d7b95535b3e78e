"""CIFAR-100: 60,000 colour pictures of 32×32 pixels in 100 classes, of 20 groups (A. Krizhevsky, 2009).

The *binary* version is read, see ``cifar.py``. The sum of the archive is that of TensorFlow Datasets.
"""

from cnn_scratch.datasets.cifar import CifarSet, read
from cnn_scratch.datasets.download import Progress, RemoteFile

# The hundred classes, as ``fine_label_names.txt`` in the archive has them.
FINE_LABEL_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""
CLASS_NAMES = tuple(FINE_LABEL_NAMES.split())
VALUE_RANGE = (0, 255)
CIFAR100 = CifarSet(
    title="CIFAR-100",
    name="cifar100",
    archive=RemoteFile(
        "cifar-100-binary.tar.gz",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",),
    ),
    folder="cifar-100-binary",
    train_files=("train.bin",),
    test_file="test.bin",
    pictures=50_000,
    labels=(20, 100),
    pickled=("cifar-100-python.tar.gz", "cifar-100-python"),
)
LABEL_MODES = ("coarse", "fine")  # the order of the labels in a record


def load_data(label_mode: str = "fine", data_dir=None, progress: Progress | None = None):
    """Load CIFAR-100.

    Without a folder, the archive is downloaded the first time and kept in the cache folder.

    Args:
        label_mode: ``"fine"`` for the hundred classes, ``"coarse"`` for the twenty groups of five.
        data_dir: a folder to read instead, with ``cifar-100-binary.tar.gz``, the folder
            ``cifar-100-binary`` or the two files of it, in it or in its sub-folder ``cifar100``.
        progress: called as ``progress(file_name, bytes_done, bytes_in_all)`` in a download.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: images (50000, 32, 32, 3) and
        (10000, 32, 32, 3) with values from 0 to 255, labels (50000, 1) and (10000, 1). (Keras's
        labels are int64.)

    Raises:
        ValueError: another ``label_mode``.
        DatasetError: if a file is missing, damaged, or not what its name says, or could not be
            downloaded.
    """
    if label_mode not in LABEL_MODES:
        raise ValueError(
            f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.'
        )
    return _load(label_mode, data_dir, progress)[0]


def load_with_source(data_dir=None, progress: Progress | None = None):
    """Return what `load_data` returns for the hundred classes, and a phrase that says what was read."""
    return _load("fine", data_dir, progress)


def _load(label_mode: str, data_dir, progress: Progress | None):
    column = LABEL_MODES.index(label_mode)
    (train, test), source = read(CIFAR100, data_dir, progress)
    return tuple((images, labels[:, column : column + 1].copy()) for images, labels in (train, test)), source
