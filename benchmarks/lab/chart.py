"""The lab's picture: how fast each version is, and how fast it was said to be."""

from pathlib import Path

from benchmarks.chart import FAINT_INK, INK, OUR_COLOUR, PEER_COLOUR
from benchmarks.lab.cases import TASKS, Case, name_of, title_of
from benchmarks.lab.measure import Result
from cnn_scratch.profiling import Peak

BAR = 0.62


def write_chart(path: Path, case: Case, results: dict[str, list[Result]], peak: Peak, note: str) -> None:
    """Write a PNG picture with one group of bars per task.

    Args:
        note: a line at the bottom that says where this was measured.
    """
    from matplotlib.figure import Figure

    lines = sum(len(of_task) + 1.2 for of_task in results.values())
    figure = Figure(figsize=(9, 0.36 * lines + 1.2), dpi=160)
    axes = figure.subplots()
    longest = max(
        max(r.flop_rate, r.version.PREDICTED * peak.flops) for of_task in results.values() for r in of_task
    )
    place = 0.0
    for task, of_task in results.items():
        axes.text(0, place, TASKS[task], weight="bold", size=10, va="center", color=INK)
        for result in of_task:
            place += 1
            _draw(axes, place, result, result is of_task[-1], longest, peak)
        place += 1.2
    axes.axvline(peak.flops / 1e9, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.text(
        peak.flops / 1e9,
        -1.0,
        f"a product of matrices: {peak.flops / 1e9:,.0f}",
        size=8,
        ha="center",
        color=INK,
    )
    axes.set_ylim(place - 0.6, -0.7)
    axes.set_xlim(0, 1.14 * longest / 1e9)
    axes.set_axis_off()
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.42, right=0.98, top=1 - 0.85 / height, bottom=0.4 / height)
    figure.text(0.02, 1 - 0.32 / height, f"GFLOP/s: {case}", size=12, weight="bold", color=INK)
    figure.text(0.02, 0.16 / height, note, size=7, color=FAINT_INK)
    figure.savefig(path, facecolor="white")


def _draw(axes, place: float, result: Result, last: bool, longest: float, peak: Peak) -> None:
    rate, predicted = result.flop_rate / 1e9, result.version.PREDICTED * peak.flops / 1e9
    axes.barh(place, rate, BAR, color=OUR_COLOUR if last else PEER_COLOUR)
    axes.plot([predicted] * 2, [place - BAR / 2 - 0.08, place + BAR / 2 + 0.08], color=INK, linewidth=2)
    beside = (
        max(rate, predicted) if abs(rate - predicted) < 0.12 * longest / 1e9 or predicted > rate else rate
    )
    text = f"{rate:,.1f}" if rate < 10 else f"{rate:,.0f}"
    axes.text(beside + 0.012 * longest / 1e9, place, text, va="center", size=8.5, color=INK)
    style = {"weight": "bold" if last else "normal", "va": "center", "size": 8.5, "color": INK}
    label = f"{title_of(result.version)}  {name_of(result.version)}"
    axes.text(-0.012 * longest / 1e9, place, label, ha="right", **style)
