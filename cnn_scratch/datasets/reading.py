"""Reading many image files."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cnn_scratch.datasets import images
from cnn_scratch.datasets.download import Progress
from cnn_scratch.datasets.errors import DatasetError

MAX_THREADS = 8
# Pillow decodes without holding Python's lock, so threads help; but with images smaller than about
# this the time goes into Python around the decoder, and threads that queue for the lock are slower than one.
PIXELS_WORTH_A_THREAD = 160 * 160
PIECE = 64  # files taken at a time
PIECE_OF_A_THREAD = 4  # of images that take long: Ctrl-C waits until every thread has read its piece


def read_headers(paths: list[Path], progress: Progress | None = None) -> tuple[Counter, bool]:
    """Look at every file's header.

    Returns:
        How many images there are of each size (H, W), and whether no file stores colour.

    Raises:
        DatasetError: if a file is damaged; naming it.
    """
    sizes, all_gray, damaged = Counter(), True, []
    for done, path in enumerate(paths, start=1):
        try:
            height, width, gray = images.read_header(path)
        except DatasetError as error:
            damaged.append(error)
        else:
            sizes[height, width] += 1
            all_gray = all_gray and gray
        if progress is not None and (done % PIECE == 0 or done == len(paths)):
            progress("looking at images", done, len(paths))
    _refuse(damaged)
    return sizes, all_gray


def read_all(
    paths: list[Path],
    image_size: tuple[int, int],
    grayscale: bool,
    progress: Progress | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Read all images into one array (N, H, W, C), uint8, C = 1 if ``grayscale`` else 3.

    Raises:
        DatasetError: if an image is damaged, naming it, or if they do not fit into memory.
    """
    shape = (len(paths), *image_size, 1 if grayscale else 3)
    try:
        pixels = np.empty(shape, dtype=np.uint8)
    except MemoryError as error:
        raise DatasetError(
            f"Expected images that fit into memory. Received: {len(paths):,} of "
            f"{image_size[0]}x{image_size[1]}, {np.prod(shape, dtype=float) / 2**30:,.1f} GiB. Choose a "
            f"smaller image_size (--image-size)."
        ) from error

    piece = PIECE if threads == 1 else PIECE_OF_A_THREAD

    def read_piece(start: int) -> list[DatasetError]:
        """Read the files start … start + piece − 1 into their places; return what went wrong."""
        damaged = []
        for n in range(start, min(start + piece, len(paths))):
            try:
                pixels[n] = images.read_image(paths[n], image_size, grayscale)
            except DatasetError as error:
                damaged.append(error)
        return damaged

    damaged = []
    starts = range(0, len(paths), piece)
    for start, errors in zip(starts, _map(read_piece, starts, threads)):
        damaged.extend(errors)
        if progress is not None:
            progress("reading images", min(start + piece, len(paths)), len(paths))
    _refuse(damaged)
    return pixels


def useful_threads(sizes: Counter) -> int:
    """Return how many threads to read images of these sizes (H, W) with."""
    pixels = sum(height * width * count for (height, width), count in sizes.items()) / sizes.total()
    return 1 if pixels < PIXELS_WORTH_A_THREAD else min(MAX_THREADS, os.cpu_count() or 1)


def _map(function, items, threads: int) -> Iterator:
    """Yield ``function(item)`` for every item, in order, computed by several threads."""
    if threads == 1:
        yield from map(function, items)
        return
    executor = ThreadPoolExecutor(threads)
    try:
        yield from executor.map(function, items)
    finally:
        executor.shutdown(cancel_futures=True)  # after Ctrl-C nothing more is begun


def _refuse(damaged: list[DatasetError]) -> None:
    """Raise the first error, and say how many more there are."""
    if damaged:
        more = f" So are {len(damaged) - 1} more." if len(damaged) > 1 else ""
        raise DatasetError(f"{damaged[0]}{more}") from damaged[0]
