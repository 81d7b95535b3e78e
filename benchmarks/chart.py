"""The picture: for each model, one bar per library, as long as it is fast."""

from pathlib import Path

from benchmarks.peers import OURS
from benchmarks.results import Measurement, by_case, ours_of, ratio

OUR_COLOUR, PEER_COLOUR = "#e8590c", "#b7c6d3"
INK, FAINT_INK = "#1f2933", "#66788a"
RIGHT_END = 1.12  # the longest bar is 1; the rest is for the number behind it
GAP = 1.8  # between two models, in bars; holds the next one's name


def write_chart(path: Path, measurements: list[Measurement], note: str) -> None:
    """Write a PNG picture.

    Bars are relative to the fastest library on each model; the number behind each is its images/s.

    Args:
        note: a line at the bottom that says where this was measured.
    """
    from matplotlib.figure import Figure

    groups = [
        worked for group in by_case(measurements).values() if (worked := [m for m in group if m.worked])
    ]
    bars = sum(map(len, groups)) + GAP * len(groups)
    figure = Figure(figsize=(9, 0.27 * bars + 1.1), dpi=160)
    axes = figure.subplots()
    position = 0.0
    for group in groups:
        position = _draw_group(axes, group, position)
    _tidy(axes, bottom=position - GAP + 0.7)

    height = figure.get_figheight()
    figure.subplots_adjust(left=0.25, right=0.98, top=1 - 0.6 / height, bottom=0.4 / height)
    title = "Images per second on the same cores"
    figure.text(0.02, 1 - 0.32 / height, title, size=13, weight="bold", color=INK)
    figure.text(0.02, 0.16 / height, note, size=7, color=FAINT_INK)
    figure.savefig(path, facecolor="white")


def _draw_group(axes, group: list[Measurement], position: float) -> float:
    """Draw one model's name and bars, the fastest first; return where the next group begins."""
    ordered = sorted(group, key=lambda m: -m.rate)
    full_length = max(max(m.rates) for m in group)
    axes.text(0.004, position, str(ordered[0].case), va="center", weight="bold", size=10, color=INK)
    axes.text(RIGHT_END, position, _compared(group), va="center", ha="right", size=8.5, color=OUR_COLOUR)
    first = position + 1
    for measurement in ordered:
        position += 1
        ours = measurement.peer is OURS
        style = {"weight": "bold" if ours else "normal", "va": "center", "color": INK, "size": 8.5}
        slowest, fastest = (rate(measurement.rates) / full_length for rate in (min, max))
        length = measurement.rate / full_length
        axes.barh(position, length, 0.8, color=OUR_COLOUR if ours else PEER_COLOUR)
        axes.plot([slowest, fastest], [position, position], color=INK, alpha=0.6, linewidth=1)
        axes.text(-0.012, position, measurement.peer.title, ha="right", **style)
        axes.text(fastest + 0.012, position, f"{measurement.rate:,.0f}", **style)
    axes.plot([0, 0], [first - 0.5, position + 0.5], color=FAINT_INK, linewidth=0.8)
    return position + GAP


def _compared(group: list[Measurement]) -> str:
    """Say how ours stands beside the fastest other library, if both are there."""
    ours, others = ours_of(group), [m for m in group if m.peer is not OURS]
    if not ours or not others:
        return ""
    best = max(others, key=lambda m: m.rate)
    return f"cnn_scratch is {ratio(ours, best):.2f}× {best.peer.title}"


def _tidy(axes, bottom: float) -> None:
    axes.set_ylim(bottom, -0.7)
    axes.set_xlim(0, RIGHT_END)
    axes.set_axis_off()
