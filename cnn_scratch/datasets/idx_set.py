"""What MNIST and Fashion-MNIST share: four IDX files of the same names, or one ``.npz`` file."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_scratch.datasets import idx, npz
from cnn_scratch.datasets.download import Progress, RemoteFile, fetch
from cnn_scratch.datasets.errors import DatasetError

STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class IdxSet:
    """A data set of 28×28 images in ten classes, in MNIST's files.

    Attributes:
        name: its name, also of its sub-folder and of its ``.npz`` file.
        files: the four files on the network, in the order of `STEMS`.
        subfolders: where its files are looked for within a folder, in this order.
    """

    name: str
    files: tuple[RemoteFile, ...]
    subfolders: tuple[str, ...]

    def load(self, data_dir=None, progress: Progress | None = None):
        """Read the set from a folder, or from the network the first time and the cache later.

        Returns:
            ``(x_train, y_train), (x_test, y_test)``, and a phrase that says what was read.

        Raises:
            DatasetError: if a file is missing, damaged, or not what its name says.
        """
        if data_dir is None:
            paths = [fetch(file, self.name, progress) for file in self.files]
        else:
            paths = self.find(Path(os.path.expanduser(data_dir)))
        if len(paths) == 1:
            return self.load_npz(paths[0]), str(paths[0])
        return self.load_idx(paths), f"IDX files in {paths[0].parent}"

    def find(self, data_dir: Path) -> list[Path]:
        """Return the path of the ``.npz`` file, or those of the four IDX files, in a folder.

        Raises:
            DatasetError: no such folder, or some of the files are not there.
        """
        if not data_dir.is_dir():
            what = "a file" if data_dir.exists() else "no such folder"
            raise DatasetError(f"Expected a folder as data_dir. Received: {data_dir} ({what}).")
        for folder in [data_dir / name for name in self.subfolders] + [data_dir]:
            file = folder / f"{self.name}.npz"
            if file.is_file():
                return [file]
            found = {stem: _find_idx(folder, stem) for stem in STEMS}
            if any(found.values()):
                missing = [stem for stem in STEMS if found[stem] is None]
                if missing:
                    raise DatasetError(
                        f"Expected the four IDX files of {self.name} in {folder}. Received: all but "
                        f"{', '.join(missing)}. Put what is missing there (.gz or unpacked)."
                    )
                return [found[stem] for stem in STEMS]
        names = sorted(path.name for path in data_dir.iterdir())
        raise DatasetError(
            f"Expected {', '.join(STEMS)} (.gz or unpacked), or {self.name}.npz, in {data_dir} or its "
            f"sub-folder {self.name}. Received: {_some(names)}."
        )

    def load_idx(self, paths: list[Path]):
        """Read the four IDX files, given in the order of `STEMS`."""
        train = self._checked(idx.read_images(paths[0]), idx.read_labels(paths[1]), paths[0], paths[1])
        test = self._checked(idx.read_images(paths[2]), idx.read_labels(paths[3]), paths[2], paths[3])
        return train, test

    def load_npz(self, path: Path):
        """Read the set from one file with Keras's four arrays.

        Raises:
            DatasetError: it is not there, damaged, or holds other arrays than this set's.
        """
        arrays = npz.read_arrays(path, required=npz.KERAS_NAMES)
        for name in npz.KERAS_NAMES:
            if arrays[name].dtype != np.uint8:
                raise DatasetError(
                    f"Expected the array {name} of {path} to be of type uint8. Received: "
                    f"{arrays[name].dtype}."
                )
        train = self._checked(arrays["x_train"], arrays["y_train"], path, path)
        test = self._checked(arrays["x_test"], arrays["y_test"], path, path)
        return train, test

    def _checked(self, images, labels, image_file, label_file):
        if images.ndim != 3 or images.shape[1:] != (28, 28):
            raise DatasetError(
                f"Expected images of 28x28 pixels for {self.name}. Received: shape {images.shape} in "
                f"{image_file}. To train on other images, give the folder or .npz file itself as data set."
            )
        if labels.shape != (len(images),):
            raise DatasetError(
                f"Expected as many labels as images. Received: {len(images)} images in {image_file} and "
                f"labels of shape {labels.shape} in {label_file}. Do the two files belong together?"
            )
        if len(labels) and labels.max() > 9:
            raise DatasetError(
                f"Expected labels from 0 to 9 for {self.name}. Received: {labels.max()} at position "
                f"{labels.argmax()} in {label_file}."
            )
        return images, labels


def _find_idx(folder: Path, stem: str) -> Path | None:
    """Return the file ``stem``, also as ``stem.gz`` or with ``.idx`` for ``-idx``, or None."""
    for name in (stem, stem.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (folder / (name + suffix)).is_file():
                return folder / (name + suffix)
    return None


def _some(names: list[str], limit: int = 5) -> str:
    """Name the first few, and how many more there are."""
    if not names:
        return "an empty folder"
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
