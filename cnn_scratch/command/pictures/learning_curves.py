"""Loss and accuracy, epoch by epoch."""

import math

from cnn_scratch.command.pictures.parts import GRID, TEST, TRAINING, VALIDATION, label, new_figure

MARKED = 40  # epochs; of more, the points would be a second line


def draw_learning_curves(history: dict[str, list[float]], test_accuracy: float, title: str):
    """Return a figure with the loss on the left and the accuracy on the right."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = new_figure(10, 4.2)
    figure.suptitle(f"Learning curves: {label(title, 80)}", fontweight="bold")
    left, right = figure.subplots(1, 2)
    _plot(left, history, "loss")
    _plot(right, history, "accuracy")
    right.axhline(
        test_accuracy, color=TEST, linestyle=(0, (4, 3)), linewidth=1.2, label=f"held-out {test_accuracy:.2%}"
    )
    left.set(title="Loss", ylabel="cross-entropy", ylim=(0, 1.08 * _highest(history)))
    right.set(title="Accuracy", ylabel="images recognised")
    right.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.set_xlim(*_limits(len(history["loss"])))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(color=GRID)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, loc="best")
    return figure


def _highest(history: dict[str, list[float]]) -> float:
    losses = [*history["loss"], *history.get("val_loss", ())]
    return max((loss for loss in losses if math.isfinite(loss) and loss > 0), default=1.0)


def _limits(epochs: int) -> tuple[float, float]:
    """Return where the axis of the epochs 1, 2, … begins and ends, with a little air."""
    air = 0.5 if epochs == 1 else 0.03 * (epochs - 1)
    return max(1 - air, 0.5), epochs + air


def _plot(axes, history: dict[str, list[float]], name: str) -> None:
    for key, colour, text in ((name, TRAINING, "training"), (f"val_{name}", VALIDATION, "validation")):
        if key in history:
            epochs = range(1, len(history[key]) + 1)
            marker = "o" if len(epochs) <= MARKED else ""
            axes.plot(
                epochs, history[key], color=colour, label=text, marker=marker, markersize=3.5, linewidth=1.6
            )
