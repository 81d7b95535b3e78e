"""A model file in words."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnn_scratch.command.data import shorten
from cnn_scratch.command.model_files import load
from cnn_scratch.models.saving import keras_file, self_test
from cnn_scratch.models.saving.errors import blaming
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.legacy_h5 import LegacyFile
from cnn_scratch.models.saving.window import Window
from cnn_scratch.models.summary import summary_lines


def describe(path: Path) -> Iterator[str]:
    """Yield lines about a file.

    Raises:
        ModelFileError: it is damaged, or no model file.
    """
    yield f"{path}: {path.stat().st_size:,} bytes"
    if path.suffix == ".keras":
        yield from _describe_keras(path)
    elif path.name.endswith(".weights.h5"):
        yield from _describe_weights(path)
    else:
        yield from _describe_legacy(path)


def _describe_keras(path: Path) -> Iterator[str]:
    with open(path, "rb") as file, blaming(str(path)), keras_file.KerasFile(file, path) as opened:
        writer = opened.notes.get("written_by")
        saved = opened.date_saved or "at an unknown time"
        yield f"format: Keras {opened.keras_version or 'unknown'}, saved {saved}"
        yield f"written by: {f'cnn_scratch {str(writer)[:40]}' if writer else 'Keras'}"
        test = opened.self_test()
    model, notes = load(path)
    names = model.metadata.class_names
    yield f"classes: {shorten(names) if names else 'no names'}"
    yield f"preparation of images: {_preparation(model.metadata.preparation)}"
    yield from summary_lines(model)
    yield f"self-test: {_result(model, test)}"
    yield from (f"note: {note}" for note in notes)


def _preparation(preparation) -> str:
    if preparation is None:
        return "not in the file"
    height, width = preparation.image_size
    colour = "grayscale" if preparation.grayscale else "colour"
    low, high = preparation.value_range
    return f"{height}x{width}, {colour}, values {low:g} to {high:g}"


def _result(model, test) -> str:
    if test is None:
        return "the file has none"
    if "skipped" in test:
        return f"none, because {test['skipped']}"
    found = self_test.difference(model, test)
    if found is None:
        return "not made: this version finds it too large"
    limit = self_test.TOLERANCE[test["dtype"]]
    verdict = "passed" if found <= limit else "FAILED"
    return f"{verdict}, outputs differ by {found:.1e} of the largest one (at most {limit:.0e})"


def _describe_weights(path: Path) -> Iterator[str]:
    with open(path, "rb") as file, blaming(str(path)):
        datasets = Hdf5File(Window(file, name=str(path))).datasets
    yield "weights without a model"
    width = max((len(name) for name in datasets), default=0)
    for name, dataset in sorted(datasets.items(), key=lambda item: _natural(item[0])):
        yield f"  {name.ljust(width)}  {dataset.shape!s:20} {dataset.dtype.name}"
    numbers = sum(int(np.prod(d.shape)) for name, d in datasets.items() if not name.startswith("optimizer/"))
    yield f"{len(datasets)} arrays; {numbers:,} parameters without the optimizer's"


def _natural(path: str) -> list:
    """Return a key that sorts ``vars/10`` after ``vars/9``."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in path.split("/")]


def _describe_legacy(path: Path) -> Iterator[str]:
    with open(path, "rb") as file, blaming(str(path)):
        opened = LegacyFile(file, path)
        yield f"format: HDF5 of Keras {opened.keras_version or 'unknown'}"
        has_model = opened.json("model_config") is not None
    if not has_model:
        yield from _describe_weights(path)
        return
    model, notes = load(path)
    yield from summary_lines(model)
    yield from (f"note: {note}" for note in notes)
