"""Data sets in folders: one sub-folder of images for each class.

    animals/cat/*.png            or     animals/train/cat/*.png   animals/test/cat/*.png
    animals/dog/*.png                   animals/train/dog/*.png   animals/test/dog/*.png

In the first layout a part of each class is held out for the test. Sub-folders within a class are
read too. Hidden files and files that are not images are left out and counted.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cnn_scratch.datasets import images
from cnn_scratch.datasets.dataset import MIN_SIDE, Dataset
from cnn_scratch.datasets.download import Progress
from cnn_scratch.datasets.errors import DatasetError
from cnn_scratch.datasets.reading import read_all, read_headers, useful_threads
from cnn_scratch.datasets.split import stratified_split

DEFAULT_SIZE = (64, 64)  # when the images differ in size
MAX_NATURAL_SIDE = 128  # images of one size are kept as they are up to this; a CPU trains on no more
TRAIN_NAMES = ("train", "training")
TEST_NAMES = ("test", "testing", "val", "valid", "validation")  # the first one there is used


@dataclass
class Part:
    """The image files of a training or a test set.

    Attributes:
        class_names: sorted.
        paths: of every image, class by class, sorted within the class.
        labels: (N,) the position of each image's class in ``class_names``.
        ignored: how many other files were found, by what they are.
    """

    class_names: tuple[str, ...]
    paths: list[Path]
    labels: np.ndarray
    ignored: Counter = field(default_factory=Counter)


def load_folder(
    folder,
    image_size: tuple[int, int] | None = None,
    grayscale: bool = False,
    test_fraction: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Load a folder of images.

    Args:
        folder: with one sub-folder per class, or with ``train/`` and ``test/`` that have them.
            Without ``test/``, ``val/`` or ``validation/`` takes its place.
        image_size: (H, W) that all images are resized to. If None, and all are of one size of at
            most 128x128, they stay as they are; otherwise they become 64x64.
        grayscale: whether to turn colour into gray. Images are gray anyway if no file has colour.
        test_fraction: the share of each class to hold out when there is no test folder.
        seed: of that choice, and of the order of the training images.
        progress: called as ``progress(what, images_done, images_in_all)``.

    Returns:
        A `Dataset` of uint8 images; classes in alphabetical order; training images shuffled, so
        that ``validation_split``, which takes them off the end, finds every class there.

    Raises:
        DatasetError: if the folder is not laid out so, a class has no image, or an image is
            damaged; naming it.
    """
    folder = Path(os.path.expanduser(folder))
    if image_size is not None:
        image_size = images.check_image_size(image_size)
    try:
        train, test, notes = _find_parts(folder)
    except OSError as error:
        raise DatasetError(f"Could not read the folder {error.filename}: {error.strerror}.") from error
    ignored = train.ignored + (test.ignored if test else Counter())
    if test is None:
        kept, held_out = stratified_split(train.labels, test_fraction, seed, train.class_names)
        train, test = _select(train, kept), _select(train, held_out)
        notes.append(f"{test_fraction:.0%} of each class held out for the test")
    else:
        train = _select(train, np.random.Generator(np.random.PCG64(seed)).permutation(len(train.paths)))

    paths = train.paths + test.paths
    with images.quiet_pillow():
        sizes, all_gray = read_headers(paths, progress)
        image_size, size_note = _choose_size(sizes, image_size)
        pixels = read_all(paths, image_size, grayscale or all_gray, progress, useful_threads(sizes))
    notes.append(size_note)
    if ignored:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(ignored.items()))
        notes.append(f"files left out: {kinds}")
    return Dataset(
        name=readable(folder.resolve().name),
        source=readable(f"{folder}; " + "; ".join(notes)),
        x_train=pixels[: len(train.paths)],
        y_train=train.labels,
        x_test=pixels[len(train.paths) :],
        y_test=test.labels,
        class_names=train.class_names,
    )


def _find_parts(folder: Path) -> tuple[Part, Part | None, list[str]]:
    """List the images to train on and those to test on, and what is to be said about them."""
    if not folder.is_dir():
        what = "a file" if folder.exists() else "no such folder"
        raise DatasetError(
            f"Expected a folder with one sub-folder of images per class. Received: {folder} ({what})."
        )
    subfolders = _visible_folders(folder)
    by_name = {path.name.lower(): path for path in subfolders}
    train_folder = next((by_name[name] for name in TRAIN_NAMES if name in by_name), None)
    test_folders = [by_name[name] for name in TEST_NAMES if name in by_name]
    if train_folder is None or not _visible_folders(train_folder):  # a class may be called "train"
        test_folders = [path for path in test_folders if _visible_folders(path)]
        if test_folders:
            raise DatasetError(
                f"Expected a folder train beside {test_folders[0].name} in {folder}. Received: "
                f"{', '.join(path.name for path in subfolders)}."
            )
        return list_classes(folder), None, []

    train = list_classes(train_folder)
    used = [train_folder, *test_folders[:1]]
    notes = []
    unused = [path.name for path in subfolders if path not in used]
    if unused:
        notes.append(f"folders not read: {', '.join(unused)}")
    if not test_folders:
        return train, None, notes
    test = list_classes(test_folders[0])
    if test.class_names != train.class_names:
        only_one = sorted(set(train.class_names) ^ set(test.class_names))
        raise DatasetError(
            f"Expected the same classes in {train_folder} and {test_folders[0]}. Received: "
            f"{', '.join(only_one)} in only one of them. Without {test_folders[0].name}, a part of "
            f"{train_folder.name} is held out."
        )
    if test_folders[0].name.lower() not in ("test", "testing"):
        notes.append(f"{test_folders[0].name} used as the test set")
    return train, test, notes


def list_classes(folder: Path) -> Part:
    """List the images of each sub-folder of ``folder``.

    Raises:
        DatasetError: if there are fewer than two sub-folders, or one has no image.
    """
    subfolders = _visible_folders(folder)
    loose = sum(path.suffix.lower() in images.SUFFIXES for path in folder.iterdir() if path.is_file())
    if len(subfolders) < 2:
        received = f"one, {subfolders[0].name}" if subfolders else "none"
        hint = ""
        if subfolders and len(_visible_folders(subfolders[0])) > 1:
            hint = f" Did you mean {subfolders[0]}?"
        elif loose:
            hint = f" Images in the folder itself: {loose}. Sort them into a sub-folder for each class."
        raise DatasetError(
            f"Expected at least two sub-folders of images, one for each class, in {folder}. Received: "
            f"{received}.{hint}"
        )
    part = Part(tuple(readable(path.name) for path in subfolders), [], np.empty(0, np.int64))
    if loose:
        part.ignored[
            "image outside the class folders" if loose == 1 else "images outside the class folders"
        ] = loose
    counts = []
    for subfolder in subfolders:
        paths, ignored = _list_images(subfolder)
        if not paths:
            others = ", ".join(f"{count} {kind}" for kind, count in sorted(ignored.items())) or "nothing"
            raise DatasetError(
                f"Expected at least one PNG, JPEG, PGM, PPM, BMP or GIF image of every class. Received: "
                f"the class folder {subfolder} with {others}. Put images into it or remove it."
            )
        part.paths.extend(paths)
        part.ignored.update(ignored)
        counts.append(len(paths))
    part.labels = np.repeat(np.arange(len(subfolders), dtype=np.int64), counts)
    return part


def readable(name: str) -> str:
    """Return the name of a folder as text that every file can hold.

    Not every name is UTF-8, and in a system that knows ASCII only Python takes none for it: it then stands
    for bytes, which are read as UTF-8 here, and written as ``\\xe4`` where they are not.
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _visible_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path.name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _list_images(folder: Path) -> tuple[list[Path], Counter]:
    """Return the images below a folder, sorted, and how many other files there are of each kind."""

    def stop(error: OSError):
        raise error  # os.walk passes over a folder it cannot read unless told otherwise

    paths, ignored = [], Counter()
    for root, folders, files in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        # os.walk does not follow links to folders: one may lead back to where it stands.
        if linked := sum(Path(root, name).is_symlink() for name in folders):
            ignored["linked folder(s)"] += linked
        for name in sorted(files):
            suffix = Path(name).suffix.lower()
            if _is_hidden(name):
                ignored["hidden"] += 1
            elif suffix in images.SUFFIXES:
                paths.append(Path(root, name))
            else:
                ignored[suffix or "without suffix"] += 1
    return paths, ignored


def _select(part: Part, positions: np.ndarray) -> Part:
    return Part(part.class_names, [part.paths[i] for i in positions], part.labels[positions])


def _choose_size(sizes: Counter, image_size: tuple[int, int] | None) -> tuple[tuple[int, int], str]:
    """Return the size (H, W) for all images, and say why it is that one."""
    commonest = sizes.most_common(1)[0][0]
    if image_size is None and len(sizes) == 1 and max(commonest) <= MAX_NATURAL_SIDE:
        if min(commonest) < MIN_SIDE:
            raise DatasetError(
                f"Expected images of at least {MIN_SIDE}x{MIN_SIDE} pixels. Received: {commonest[0]}x"
                f"{commonest[1]}, all of them. Choose a size to resize them to: image_size, --image-size."
            )
        return commonest, f"images of {commonest[0]}x{commonest[1]}"
    target = image_size or DEFAULT_SIZE
    if set(sizes) == {target}:
        return target, f"images of {target[0]}x{target[1]}"
    if len(sizes) == 1:
        before = f"{commonest[0]}x{commonest[1]}"
    else:
        before = f"{len(sizes)} sizes, mostly {commonest[0]}x{commonest[1]}"
    choose = "" if image_size else " (choose another size with image_size, --image-size)"
    return target, f"images of {before} resized to {target[0]}x{target[1]}{choose}"
