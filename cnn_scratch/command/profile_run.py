"""The measuring of ``python -m cnn_scratch.profile``, and the files that it leaves."""

import csv
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

from cnn_scratch import zoo
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.pictures.profile import draw_profile
from cnn_scratch.command.profile_options import ProfileOptions
from cnn_scratch.command.screen import Screen
from cnn_scratch.kernels.compile import single_threaded_blas
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
    return profiler.profile()


def make_model(options: ProfileOptions):
    """Return the model that is asked for, compiled unless it shall only predict."""
    model = zoo.MODELS[options.model](zoo.INPUT_SHAPES[options.model], CLASSES)
    if not options.predict:
        model.compile("adam", zoo.loss_for(CLASSES))
    return model


def make_step(model, options: ProfileOptions) -> Callable[[], object]:
    """Return a function that makes one step on random images."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((options.batch_size, *model.input_shape[1:]), dtype=np.float32)
    if options.predict:
        return lambda: model(images)
    labels = cycle(rng.integers(0, CLASSES, (LABEL_SETS, options.batch_size)))
    return lambda: model.train_on_batch(images, next(labels))


def check_folder(folder: Path | None) -> None:
    """Raise a ``UsageError`` now, and not after the measuring, if ``folder`` cannot be written into."""
    if folder and folder.exists() and not folder.is_dir():
        raise UsageError(f"--output: Expected a folder. Received: {str(folder)!r}, which is a file.")


def write(folder: Path, profile: Profile) -> Iterator[str]:
    """Write the table and, if Matplotlib is there, the picture; yield a line about each."""
    folder.mkdir(parents=True, exist_ok=True)
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
