"""The images on which the model was surest and wrong."""

import numpy as np

from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.pictures.parts import label
from cnn_scratch.datasets import Dataset

COLUMNS, ROWS = 5, 4
WIDTH, GAP, TEXT, HEAD = 1.7, 0.25, 0.35, 0.45  # inches: an image, between two, two lines, the title


def draw_mistakes(dataset: Dataset, evaluation: Evaluation, title: str):
    """Return a figure of images, each with its true label, the predicted one and its probability.

    If every answer is right, the images are shown of which the model was least sure.
    """
    shown = evaluation.worst_mistakes(COLUMNS * ROWS)
    wrong = int((evaluation.predicted != evaluation.labels).sum())
    if wrong == 0:
        shown = evaluation.closest_calls(COLUMNS)
    figure, places = _make_grid(-(-len(shown) // COLUMNS), dataset.input_shape)
    figure.suptitle(f"{label(title, 60)}: {_heading(wrong, len(shown))}", fontweight="bold")
    for axes, position in zip(places, shown):
        _draw_image(axes, dataset, position)
        _write_answer(axes, dataset.class_names, evaluation, position)
    return figure


def _make_grid(rows: int, shape: tuple[int, int, int]):
    """Return a figure with a place for each image, room for two lines above it, and the places."""
    from matplotlib.figure import Figure

    tall = WIDTH * float(np.clip(shape[0] / shape[1], 0.5, 1.5))  # of one image, as its pixels want it
    width = COLUMNS * (WIDTH + GAP) + GAP
    height = HEAD + rows * (TEXT + tall + GAP)
    figure = Figure(figsize=(width, height), facecolor="white")
    grid = figure.subplots(
        rows,
        COLUMNS,
        squeeze=False,
        gridspec_kw={
            "left": GAP / width,
            "right": 1 - GAP / width,
            "top": 1 - (HEAD + TEXT) / height,
            "bottom": GAP / height,
            "wspace": GAP / WIDTH,
            "hspace": (GAP + TEXT) / tall,
        },
    )
    for axes in grid.flat:
        axes.set_axis_off()
        axes.set_anchor("N")  # a very flat picture hangs below its text
    return figure, grid.flat


def _heading(wrong: int, shown: int) -> str:
    if wrong == 0:
        return "no mistakes; these were the closest calls"
    if wrong == 1:
        return "the only mistake"
    return (
        f"all {wrong} mistakes, the surest first" if wrong == shown else f"the surest of {wrong:,} mistakes"
    )


def _draw_image(axes, dataset: Dataset, position: int) -> None:
    low, high = dataset.value_range
    pixels = np.clip((dataset.x_test[position] - float(low)) / (float(high) - float(low)), 0, 1)
    if pixels.shape[-1] != 3:  # 2 or 4 channels have no colours of their own
        pixels = pixels.mean(axis=-1)
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _write_answer(axes, class_names: tuple[str, ...], evaluation: Evaluation, position: int) -> None:
    true, predicted = evaluation.labels[position], evaluation.predicted[position]
    sure = evaluation.probabilities[position, predicted]
    colour = "#276749" if true == predicted else "#c05621"
    answer = f"said: {label(class_names[predicted])}, {sure:.0%}"
    for text, height, ink in ((f"true: {label(class_names[true])}", 14, "#2d3748"), (answer, 3, colour)):
        above = {"xycoords": "axes fraction", "xytext": (0, height), "textcoords": "offset points"}
        line = axes.annotate(text, (0.5, 1), **above, ha="center", va="bottom", fontsize=8.5, color=ink)
        _shrink_to_fit(line)


def _shrink_to_fit(line) -> None:
    """Make a line of wide letters smaller, so that it does not reach its neighbour."""
    room = (WIDTH + 0.8 * GAP) * line.figure.dpi
    needed = line.get_window_extent().width
    if needed > room:
        line.set_fontsize(line.get_fontsize() * room / needed)
