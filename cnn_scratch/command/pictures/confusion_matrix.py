"""Which classes are taken for which."""

import numpy as np

from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.pictures.parts import label, new_figure

NUMBERED = 20  # classes; of more, the numbers would be too small to read
NAMED = 60  # classes; of more, only some names are written
LINES = "#cbd5e0"


def draw_confusion_matrix(evaluation: Evaluation, class_names: tuple[str, ...], title: str):
    """Return a figure: a row for each true class, a column for each predicted one.

    What is right is blue and what is wrong is orange; mistakes are a few per cent at most, and
    would not be seen on one scale with the rest.
    """
    confusion = evaluation.confusion
    classes = len(confusion)
    side = float(np.clip(2.6 + 0.45 * classes, 4.6, 12))
    figure = new_figure(side, side)
    axes = figure.subplots()
    figure.suptitle(f"Confusion matrix: {label(title, 60)}", fontweight="bold")
    explanation = "blue: recognised, orange: mistaken; the darker, the larger the share of the true class"
    figure.supxlabel(explanation, fontsize=7.5, color="#4a5568")
    axes.imshow(_colours(confusion))
    _name_axes(axes, class_names)
    axes.spines[:].set(visible=True, color=LINES)
    if classes <= NUMBERED:
        _draw_lines_between_cells(axes, classes)
        _write_numbers(axes, confusion)
    return figure


def _shares(confusion: np.ndarray) -> np.ndarray:
    """Return each row as shares of its sum; zeros for a class without images."""
    return confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)


def _colours(confusion: np.ndarray) -> np.ndarray:
    """Return (C, C, 4) colours."""
    from matplotlib import colormaps

    shares = _shares(confusion)
    # The root lifts small shares: 1 % of mistakes is visible, and 4 % twice as dark.
    colours = colormaps["Oranges"](0.85 * np.sqrt(shares))
    diagonal = np.arange(len(confusion))
    colours[diagonal, diagonal] = colormaps["Blues"](0.85 * shares.diagonal())
    colours[confusion == 0] = (1, 1, 1, 1)
    return colours


def _name_axes(axes, class_names: tuple[str, ...]) -> None:
    classes = len(class_names)
    step = -(-classes // NAMED)
    places = range(0, classes, step)
    names = [label(class_names[place]) for place in places]
    size = float(np.clip(260 / classes, 5, 9.5))
    crowded = max(len(name) for name in names) > 3
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axes.set_xticks(places, names, fontsize=size, **turned)
    axes.set_yticks(places, names, fontsize=size)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.tick_params(length=0)


def _draw_lines_between_cells(axes, classes: int) -> None:
    edges = np.arange(classes + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color=LINES, linewidth=0.6)
    axes.tick_params(which="minor", length=0)


def _write_numbers(axes, confusion: np.ndarray) -> None:
    shares = _shares(confusion)
    size = 10 if confusion.max() < 1000 else 8
    for row, column in np.argwhere(confusion > 0):
        dark = shares[row, column] > (0.6 if row == column else 0.4)
        axes.text(
            column,
            row,
            f"{confusion[row, column]}",
            ha="center",
            va="center",
            fontsize=size,
            color="white" if dark else "#1a202c",
            fontweight="bold" if row == column else "normal",
        )
