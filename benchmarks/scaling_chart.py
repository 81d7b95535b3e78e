"""The picture of ``benchmarks.scaling``: images per second over the batch size, a panel for each model."""

from pathlib import Path

from benchmarks.chart import FAINT_INK, INK, OUR_COLOUR
from benchmarks.peers import OURS
from benchmarks.results import Measurement

PEER_COLOURS = ["#5b7c99", "#a3b7c7", "#c9d4dd"]
GRID = "#e2e8f0"


def write_chart(path: Path, measurements: list[Measurement], note: str) -> None:
    """Write a PNG picture; both axes are logarithmic.

    Args:
        note: a line at the bottom that says where this was measured.
    """
    from matplotlib.figure import Figure

    models = list(dict.fromkeys(m.case.model for m in measurements))
    figure = Figure(figsize=(3.4 * len(models) + 0.6, 3.7), dpi=160)
    panels = figure.subplots(1, len(models), squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        _draw(axes, model, [m for m in measurements if m.case.model == model and m.worked])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="upper right", ncols=len(labels), frameon=False, fontsize=8.5, labelcolor=INK
    )
    figure.text(0.015, 0.935, "Training, images per second", size=12, weight="bold", color=INK)
    figure.text(0.015, 0.025, note, size=7, color=FAINT_INK)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.81, bottom=0.19, wspace=0.24)
    figure.savefig(path, facecolor="white")


def _draw(axes, model: str, group: list[Measurement]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    others = [peer for peer in dict.fromkeys(m.peer for m in group) if peer is not OURS]
    colours = {OURS: OUR_COLOUR} | dict(zip(others, PEER_COLOURS, strict=False))
    for peer in [*others, OURS]:  # ours on top
        points = [(m.case.batch_size, m.rate) for m in group if m.peer is peer]
        width = 2.2 if peer is OURS else 1.5
        axes.plot(
            *zip(*points, strict=True),
            marker="o",
            markersize=4,
            linewidth=width,
            color=colours[peer],
            label=peer.title,
        )
    sizes = sorted({m.case.batch_size for m in group})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(model, fontsize=10, loc="left", color=INK)
    axes.set_xlabel("batch size", fontsize=8.5, color=FAINT_INK)
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.tick_params(length=0, which="both", colors=FAINT_INK, labelsize=8)
