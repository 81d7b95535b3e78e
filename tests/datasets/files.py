"""Small files in the formats of the well-known data sets, written without the code under test."""

import gzip
import io
import struct
import tarfile

import numpy as np
from PIL import Image

IDX_STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array):
    """An IDX file: zero, zero, type 8, number of dimensions; the dimensions; the values."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def mnist_arrays(train=30, test=20, seed=0):
    """Images (N, 28, 28) and labels, uint8, every digit among them."""
    rng = np.random.default_rng(seed)
    arrays = []
    for count in (train, test):
        arrays.append(rng.integers(0, 256, (count, 28, 28), dtype=np.uint8))
        arrays.append(rng.permutation(np.arange(count, dtype=np.uint8) % 10))
    return arrays


def write_idx_set(folder, arrays, gz=False, dots=False):
    """Write the four files; ``dots``: with the name train-images.idx3-ubyte."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for stem, array in zip(IDX_STEMS, arrays):
        name = stem.replace("-idx", ".idx") if dots else stem
        path = folder / (name + ".gz" if gz else name)
        path.write_bytes(gzip.compress(idx_bytes(array)) if gz else idx_bytes(array))
        paths.append(path)
    return paths


def cifar_files(per_file=4, seed=0):
    """The six files of CIFAR-10's binary version: {name: bytes}, and the images and labels in them."""
    rng = np.random.default_rng(seed)
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    contents, images, labels = {}, [], []
    for number, name in enumerate(names):
        picture = rng.integers(0, 256, (per_file, 32, 32, 3), dtype=np.uint8)
        label = ((np.arange(per_file) + 2 * number) % 10).astype(np.uint8)
        records = [
            bytes([label[n]]) + b"".join(picture[n, :, :, channel].tobytes() for channel in range(3))
            for n in range(per_file)
        ]
        contents[name] = b"".join(records)
        images.append(picture)
        labels.append(label)
    return contents, images, labels


def cifar100_files(train=200, test=100, seed=4):
    """The two files of CIFAR-100's binary version: {name: bytes}, and their images, groups and classes.

    A record is the group, the class, and the three planes of a picture. Every class occurs in both files.
    """
    rng = np.random.default_rng(seed)
    contents, images, coarse, fine = {}, {}, {}, {}
    for name, number in (("train.bin", train), ("test.bin", test)):
        images[name] = rng.integers(0, 256, (number, 32, 32, 3), dtype=np.uint8)
        coarse[name] = rng.integers(0, 20, number, dtype=np.uint8)
        fine[name] = rng.permutation(np.arange(number, dtype=np.uint8) % 100)
        planes = images[name].transpose(0, 3, 1, 2).reshape(number, -1)
        contents[name] = np.column_stack([coarse[name], fine[name], planes]).tobytes()
    return contents, images, coarse, fine


def write_tar(path, members):
    """Write a .tar.gz archive of {name: bytes}."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def picture(height=12, width=10, seed=0, gray=False):
    """A random picture, uint8 (H, W) or (H, W, 3)."""
    shape = (height, width) if gray else (height, width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def write_classes(folder, classes=("cat", "dog"), count=5, suffix=".png", **kwargs):
    """Write ``count`` pictures into a sub-folder for each class; return them as {(class, n): array}."""
    pictures = {}
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for n in range(count):
            pictures[name, n] = picture(seed=1000 * number + n, **kwargs)
            Image.fromarray(pictures[name, n]).save(folder / name / f"{n:03d}{suffix}")
    return pictures
