"""The measuring of ``python -m cnn_scratch.profile``, and the files that it leaves."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np

from cnn_scratch import zoo
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.pictures.profile import draw_profile
from cnn_scratch.command.profile_options import ProfileOptions
from cnn_scratch.command.screen import Screen, printable
from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.losses import SparseCategoricalCrossentropy
from cnn_scratch.models import load_model
from cnn_scratch.profiling import Profile, Profiler

CLASSES = 10
WARM_UP = 3
# A step takes the next set of labels: a model that knows its one batch by heart has gradients so small
# that arithmetic with them is slow, which no real training would see.
LABEL_SETS = 16
TABLE, PICTURE, DPI = "profile.csv", "profile.png", 150


def measure(options: ProfileOptions, screen: Screen) -> Profile:
    """Make the model, warm it up, and return the profile of its steps."""
    model = make_model(options)
    step = make_step(model, options)
    with single_threaded_blas():
        with screen.wait_for("Compiling"):
            for _ in range(WARM_UP):
                step()
        with Profiler(model) as profiler:
            for _ in range(options.steps):
                step()
                profiler.end_step()
    return with_printable_names(profiler.profile())


def with_printable_names(profile: Profile) -> Profile:
    """Return the profile with names that no terminal obeys; those in a file may come from anybody."""
    parts = [replace(part, label=printable(part.label)) for part in profile.parts]
    return replace(profile, model=printable(profile.model), parts=parts)


def make_model(options: ProfileOptions):
    """Return the model that is asked for, compiled unless it is only to predict.

    Raises:
        UsageError: the model of a file was not compiled when it was saved, so it cannot be trained.
    """
    if options.model in zoo.MODELS:
        model = zoo.MODELS[options.model](zoo.INPUT_SHAPES[options.model], CLASSES)
        if not options.predict:
            model.compile("adam", zoo.loss_for(CLASSES))
        return model
    model = load_model(options.model, compile=not options.predict)
    if not options.predict and model.trainer is None:
        raise UsageError(
            f"{options.model}: Expected a model that was compiled when it was saved. Received: one that "
            "was not. Measure its predictions with --predict."
        )
    return model


def make_step(model, options: ProfileOptions) -> Callable[[], object]:
    """Return a function that makes one step on random inputs.

    Raises:
        UsageError: the model leaves a size of its inputs open.
    """
    rng = np.random.default_rng(0)
    shapes = model.input_shape if isinstance(model.input_shape, list) else [model.input_shape]
    for shape in shapes:
        if None in shape[1:]:
            raise UsageError(f"{options.model}: Expected inputs of a known size. Received: shape {shape}")
    arrays = [rng.standard_normal((options.batch_size, *shape[1:]), dtype=np.float32) for shape in shapes]
    inputs = arrays if len(arrays) > 1 else arrays[0]
    if options.predict:
        return lambda: model(inputs)
    labels = cycle([make_labels(model, rng, options.batch_size) for _ in range(LABEL_SETS)])
    return lambda: model.train_on_batch(inputs, next(labels))


def make_labels(model, rng: np.random.Generator, batch_size: int):
    """Return random labels of the kind that the loss of each output takes."""
    several = isinstance(model.output_shape, list)
    shapes = model.output_shape if several else [model.output_shape]
    losses = model.loss if isinstance(model.loss, list) else [model.loss]
    labels = []
    for shape, loss in zip(shapes, losses, strict=True):
        if isinstance(loss, SparseCategoricalCrossentropy):
            labels.append(rng.integers(0, shape[-1], (batch_size, *shape[1:-1])))
        else:  # shares that add up to 1: right for a cross-entropy, and numbers for any other loss
            shares = rng.random((batch_size, *shape[1:]), dtype=np.float32)
            labels.append(shares / shares.sum(axis=-1, keepdims=True))
    return labels if several else labels[0]


def make_folder(folder: Path | None) -> None:
    """Make ``folder``, or raise a ``UsageError`` now, and not after the measuring, if it cannot be used."""
    if folder is None:
        return
    if folder.is_file():
        raise UsageError(f"--output: Expected a folder. Received: {str(folder)!r}, which is a file.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TABLE).touch()  # a folder can be there and still not be writable
    except OSError as error:
        raise UsageError(
            f"--output: Expected a folder to write into. Received: {str(folder)!r} ({error.strerror})."
        ) from None


def write(folder: Path, profile: Profile) -> Iterator[str]:
    """Write the table and, if Matplotlib is there, the picture; yield a line about each."""
    with open(folder / TABLE, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(numbers(profile))
    yield f"Wrote {folder / TABLE}."
    try:
        figure = draw_profile(profile)
    except ImportError:
        yield "Not installed: matplotlib for the picture; pip install 'cnn_scratch[train]' brings it."
        return
    figure.savefig(folder / PICTURE, dpi=DPI)
    yield f"Wrote {folder / PICTURE}."


def numbers(profile: Profile) -> list[list]:
    """Return the table with full numbers: a header, the parts, and the rest."""
    rows = [["layer", "class", "pass", "output_shape", "seconds", "flops", "bytes", "share_of_peak"]]
    for part in profile.parts:
        work, shape = part.work, "x".join(map(str, part.work.shape))
        share = round(part.share_of(profile.peak), 4)
        rows.append([part.label, part.kind, part.which, shape, work.seconds, work.flops, work.moved, share])
    return [*rows, ["rest", "", "", "", profile.rest, "", "", ""]]
