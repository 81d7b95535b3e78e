"""The folder that a run leaves behind: the weights, and all that is needed to do it again."""

import csv
import hashlib
import json
import os
import platform
import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cnn_scratch import optimizers
from cnn_scratch.command.arguments import Options
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.training import Training
from cnn_scratch.datasets import Dataset
from cnn_scratch.datasets.images import MAX_SIDE
from cnn_scratch.models import Sequential
from cnn_scratch.models.saving import ModelMetadata, Preparation
from cnn_scratch.version import __version__

WEIGHTS = "model.weights.h5"
MODEL = "model.keras"


def check_output(output: str | None) -> None:
    """Refuse an ``--output`` that holds something, before any work is done.

    Raises:
        UsageError: it is a file, or a folder that is not empty.
    """
    if output is None:
        return
    path = Path(os.path.expanduser(output))
    if path.is_dir() and any(path.iterdir()):
        raise UsageError(
            f"Expected a new or empty folder as --output. Received: {path}, which holds files already. "
            "Choose another name; no run is ever overwritten."
        )
    if path.exists() and not path.is_dir():
        raise UsageError(f"Expected a folder as --output. Received: {path}, which is a file.")


def make_run_folder(options: Options, dataset: Dataset) -> Path:
    """Make the folder ``--output``, or a new one ``runs/<dataset>-<model>-<date>-<time>``.

    Raises:
        UsageError: it cannot be made.
    """
    check_output(options.output)
    try:
        if options.output is not None:
            path = Path(os.path.expanduser(options.output))
            path.mkdir(parents=True, exist_ok=True)
        else:
            path = _make_new_folder(dataset.name, options.model)
        (path / "config.json").touch()  # a folder can be there and still not be writable
    except OSError as error:
        raise UsageError(
            f"Could not write the run folder {options.output or 'runs'}: {error.strerror or error}. "
            "Give another one with --output DIR."
        ) from None
    return path


def _make_new_folder(dataset: str, model: str) -> Path:
    name = re.sub(r"[^\w.-]+", "_", dataset).strip("._") or "images"
    stem = f"{name}-{model}-{time.strftime('%Y%m%d-%H%M%S')}"
    Path("runs").mkdir(exist_ok=True)
    number = 1
    while True:  # two runs can begin within one second
        path = Path("runs", stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


# Files --------------------------------------------------------------------------------------------


def describe_run(options: Options, dataset: Dataset, model: Sequential) -> dict[str, Any]:
    """Return what ``config.json`` holds: the command, all options, versions, facts of the data, the model."""
    return {
        "command": options.command(),
        "options": asdict(options),
        "started": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "versions": _versions(),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "data": _describe(dataset),
        "model": {"module": "keras", "class_name": "Sequential", "config": model.get_config()},
        "compile": {
            "optimizer": optimizers.serialize(model.optimizer),
            "loss": model.loss.name,
            "metrics": ["accuracy"],
        },
    }


def write_config(folder: Path, description: dict[str, Any]) -> None:
    """Write ``config.json``."""
    _write_json(folder / "config.json", description)


def write_history(folder: Path, training: Training) -> None:
    """Write ``history.csv``: one row per whole epoch, with all digits of every number."""
    history = training.history
    with open(folder / "history.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history.history])
        for row, epoch in enumerate(history.epoch):
            writer.writerow([epoch + 1, *(float(values[row]) for values in history.history.values())])


def write_model(folder: Path, model: Sequential, dataset: Dataset) -> bool:
    """Write the model and its weights, and return true, unless a weight is not a number any more.

    ``model.keras`` has all that ``python -m cnn_scratch.predict`` needs: the names of the classes and how
    images were prepared, too.
    """
    if not all(np.isfinite(parameter.value).all() for parameter in model.weights):
        return False
    model.save_weights(folder / WEIGHTS)
    model.metadata = ModelMetadata(dataset.class_names, _preparation(dataset))
    model.save(folder / MODEL)
    return True


def _preparation(dataset: Dataset) -> Preparation | None:
    """Return how an image file becomes an input; ``None`` for arrays that no image file can be made into."""
    height, width, channels = dataset.input_shape
    if channels not in (1, 3) or max(height, width) > MAX_SIDE:
        return None
    return Preparation((height, width), channels == 1, dataset.value_range)


def write_results(folder: Path, training: Training, evaluation: Evaluation, names: tuple[str, ...]) -> None:
    """Write ``results.json``: what is on the screen at the end, for programs."""
    classes = [
        {"class": name, "images": int(count), "correct": int(correct)}
        for name, count, correct in zip(names, evaluation.counts, evaluation.correct, strict=True)
    ]
    results = {
        "test_accuracy": evaluation.accuracy,
        "test_loss": evaluation.loss,
        "classes": classes,
        "epochs_done": training.epochs_done,
        "interrupted": training.interrupted,
        "training_seconds": round(training.seconds, 3),
        "images_per_second": round(training.images_per_second, 1),
    }
    _write_json(folder / "results.json", results)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    # A path can hold what is not UTF-8; JSON has a way to write it.
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _versions() -> dict[str, str]:
    import h5py
    import numba
    import scipy

    others = {module.__name__: module.__version__ for module in (np, numba, scipy, h5py)}
    return {"cnn_scratch": __version__, "python": platform.python_version(), **others}


def _describe(dataset: Dataset) -> dict[str, Any]:
    digest = hashlib.sha256()
    for array in (dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test):
        digest.update(np.ascontiguousarray(array))
    return {
        "name": dataset.name,
        "source": dataset.source,
        "training_images": len(dataset.x_train),
        "test_images": len(dataset.x_test),
        "image_shape": list(dataset.input_shape),
        "dtype": dataset.x_train.dtype.name,
        "value_range": list(dataset.value_range),
        "class_names": list(dataset.class_names),
        "training_images_per_class": np.bincount(dataset.y_train).tolist(),
        "sha256": digest.hexdigest(),
    }
