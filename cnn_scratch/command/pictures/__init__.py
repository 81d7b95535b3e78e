"""The pictures of a run folder: learning curves, confusion matrix, worst mistakes.

They are drawn with Matplotlib's objects and not with ``pyplot``, so no window, no screen and no
global state is involved.
"""

import warnings
from pathlib import Path

from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.pictures.confusion_matrix import draw_confusion_matrix
from cnn_scratch.command.pictures.learning_curves import draw_learning_curves
from cnn_scratch.command.pictures.mistakes import draw_mistakes
from cnn_scratch.datasets import Dataset

__all__ = ["draw_pictures"]

DPI = 150


def draw_pictures(
    folder: Path, dataset: Dataset, history: dict[str, list[float]], evaluation: Evaluation, title: str
) -> bool:
    """Write the three pictures as PNG files; return whether Matplotlib is there to do it.

    Args:
        folder: to write into.
        dataset: of the run.
        history: for each name ("loss", "val_accuracy", …) one number per epoch.
        evaluation: of the held-out images.
        title: of the run, for the top of each picture.
    """
    try:
        import matplotlib
    except ImportError:
        return False
    style = {"font.size": 10, "axes.titlesize": 11, "axes.spines.top": False, "axes.spines.right": False}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # A class name can hold letters that the font does not have; they become boxes, and that is that.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figures = {
            "confusion_matrix": draw_confusion_matrix(evaluation, dataset.class_names, title),
            "mistakes": draw_mistakes(dataset, evaluation, title),
        }
        if history.get("loss"):  # not if Ctrl-C came before the end of the first epoch
            figures["learning_curves"] = draw_learning_curves(history, evaluation.accuracy, title)
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.png", dpi=DPI)
    return True
