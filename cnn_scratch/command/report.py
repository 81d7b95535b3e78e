"""The end of a run: the table on the screen, and the sentences about what was left where."""

import os
from pathlib import Path

import numpy as np

from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.run_folder import WEIGHTS
from cnn_scratch.command.screen import Screen, printable
from cnn_scratch.command.training import Training
from cnn_scratch.datasets import Dataset

MOST_ROWS = 40  # classes in the table; of more, only the worst are shown
INSTALL = "pip install 'cnn_scratch[train]'"


def show_results(
    screen: Screen, dataset: Dataset, training: Training, evaluation: Evaluation, folder: Path
) -> None:
    """Print accuracy per class, and then accuracy, time, speed and the run folder."""
    screen.say()
    screen.table("Held-out images", ["class", "images", "correct", "accuracy"], _rows(dataset, evaluation))
    correct, total = evaluation.correct.sum(), evaluation.counts.sum()
    accuracy = f"test accuracy {percent(correct, total)} ({correct:,} of {total:,})"
    speed = f"{training.seconds:.1f} s, {training.images_per_second:,.0f} images/s"
    if screen.quiet:
        early = f", stopped in epoch {training.epoch}" if training.interrupted else ""
        screen.result(f"{accuracy}, training {speed}{early}, {folder}")
        return
    screen.say()
    screen.say(f"{accuracy}, test loss {evaluation.loss:.4f}")
    epochs = "1 epoch" if training.epochs_done == 1 else f"{training.epochs_done} epochs"
    screen.say(f"training {speed} ({epochs})")
    screen.say(f"run folder {folder}{os.sep}: {', '.join(sorted(path.name for path in folder.iterdir()))}")


def _rows(dataset: Dataset, evaluation: Evaluation) -> list[list[str]]:
    counts, correct = evaluation.counts, evaluation.correct
    shown = np.arange(len(counts))
    if len(shown) > MOST_ROWS:
        shown = np.argsort(correct / np.maximum(counts, 1), kind="stable")[:MOST_ROWS]
    rows = [
        [
            printable(dataset.class_names[label]),
            f"{counts[label]:,}",
            f"{correct[label]:,}",
            percent(correct[label], counts[label]),
        ]
        for label in shown
    ]
    if len(counts) > MOST_ROWS:
        rest = np.setdiff1d(np.arange(len(counts)), shown)
        images, hits = counts[rest].sum(), correct[rest].sum()
        rows.append([f"{len(rest)} better classes", f"{images:,}", f"{hits:,}", percent(hits, images)])
    total = [counts.sum(), correct.sum()]
    return [*rows, ["all", f"{total[0]:,}", f"{total[1]:,}", percent(total[1], total[0])]]


def percent(part: int, whole: int) -> str:
    """Return a share: 354 of 359 is ``98.61 %``; ``-`` of nothing."""
    return f"{100 * part / whole:.2f} %" if whole else "-"


def tell_how_it_ended(screen: Screen, training: Training, saved: bool) -> None:
    """Say that a training ended before its time, and what is kept of it."""
    if training.interrupted:
        screen.say(
            f"\nStopped by Ctrl-C in epoch {training.epoch}. What was reached is saved as {WEIGHTS}; "
            "looking at the held-out images (Ctrl-C again to leave at once) ..."
        )
    if training.not_finite is not None:
        kept = (
            f"{WEIGHTS} has the last weights"
            if saved
            else "the weights are not numbers either and are not saved"
        )
        screen.error(
            f"The loss became {training.not_finite} in epoch {training.epoch}, so training cannot go on; "
            f"{kept}. Take a smaller --learning-rate."
        )


def tell_what_is_missing(screen: Screen, pictures: bool) -> None:
    """Say in one sentence what a package that is not installed would have added."""
    missing = [] if pictures else ["matplotlib for pictures"]
    try:
        import rich  # noqa: F401
    except ImportError:
        missing.append("rich for a progress bar")
    if missing:
        screen.say(f"Not installed: {' and '.join(missing)}; {INSTALL} brings them.")
