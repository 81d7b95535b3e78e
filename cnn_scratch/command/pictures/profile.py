"""Where the time of a step goes, layer by layer."""

from cnn_scratch.command.pictures.parts import GRID, label, new_figure
from cnn_scratch.profiling import Profile
from cnn_scratch.profiling.profile import BACKWARD, FORWARD, REST, UPDATE, percent

COLOURS = {FORWARD: "#4c8bc9", BACKWARD: "#1f4e79", UPDATE: "#8a9bb0"}
REST_COLOUR, TRACK, INK, FAINT_INK = "#cbd5e0", "#eef2f6", "#1f2933", "#66788a"
BAR = 0.66  # of the distance from one line to the next
LINE, MARGIN = 0.32, 1.9  # inches
LONGEST_NAME, LONGEST_TITLE = 48, 130  # characters
LONGEST = 4.0  # peaks; a longer bar is cut off, its number is not


def draw_profile(profile: Profile):
    """Return a figure: on the left the time of every layer, on the right how near it comes to the peak."""
    groups: dict[str, list] = {}
    for part in profile.parts:
        groups.setdefault(part.label, []).append(part)
    figure = new_figure(11, LINE * (len(groups) + 1) + MARGIN)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.08, wspace=0.04)
    figure.suptitle(
        label(profile.title(), LONGEST_TITLE), fontweight="bold", fontsize=11.5, color=INK, x=0.012, ha="left"
    )
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2.2, 1])
    end = min(max(1.0, *(part.share_of(profile.peak) for part in profile.parts)), LONGEST)
    for line, parts in enumerate(groups.values()):
        _draw_times(left, line, parts, profile)
        _draw_shares(right, line, parts, profile, end)
    left.barh(len(groups), 1000 * profile.rest, BAR, color=REST_COLOUR)
    _write_share(left, len(groups), profile.rest, profile)
    _tidy(left, right, list(groups), profile, end)
    figure.supxlabel(
        f"Peak of this machine: {profile.peak}.", fontsize=8, color=FAINT_INK, x=0.012, ha="left"
    )
    return figure


def _draw_times(axes, line: int, parts: list, profile: Profile) -> None:
    start = 0.0
    for part in parts:
        milliseconds = 1000 * part.work.seconds
        axes.barh(
            line, milliseconds, BAR, left=start, color=COLOURS[part.which], edgecolor="white", linewidth=0.6
        )
        start += milliseconds
    _write_share(axes, line, start / 1000, profile)


def _write_share(axes, line: int, seconds: float, profile: Profile) -> None:
    text = f" {1000 * seconds:,.2f} ms · {percent(seconds / profile.seconds)}"
    axes.text(1000 * seconds, line, text, va="center", fontsize=8.5, color=INK)


def _draw_shares(axes, line: int, parts: list, profile: Profile, end: float) -> None:
    """Draw one thin bar for each pass, on a track that ends at the peak; ``end`` is the longest bar."""
    height = BAR / len(parts)
    for number, part in enumerate(parts):
        if not part.works:
            continue
        place = line - BAR / 2 + (number + 0.5) * height
        share = part.share_of(profile.peak)
        axes.barh(place, 1, 0.86 * height, color=TRACK)
        axes.barh(place, min(share, end), 0.86 * height, color=COLOURS[part.which])
        rate = (
            f"{part.flop_rate / 1e9:,.0f} GFLOP/s" if part.work.flops else f"{part.byte_rate / 1e9:,.1f} GB/s"
        )
        text = {"va": "center", "ha": "right", "fontsize": 7.5}
        axes.text(1.30 * end, place, percent(share), color=INK, **text)
        axes.text(1.78 * end, place, rate, color=FAINT_INK, **text)


def _tidy(left, right, labels: list[str], profile: Profile, end: float) -> None:
    from matplotlib.patches import Patch

    for axes in (left, right):
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(GRID)
        axes.tick_params(length=0, colors=FAINT_INK, labelsize=8.5)
        axes.set_axisbelow(True)
    names = [label(name, LONGEST_NAME) for name in labels]
    left.set_yticks(range(len(labels) + 1), [*names, REST], color=INK)
    left.set_ylim(len(labels) + 0.6, -0.6)
    left.set_xlim(0, 1.22 * left.dataLim.x1)
    left.grid(axis="x", color=GRID)
    left.set_title("milliseconds of a step", fontsize=10, loc="left", color=INK)
    right.set_title("share of what this machine can do", fontsize=10, loc="left", color=INK)
    right.set_xlim(0, 1.8 * end)
    right.set_xticks([0, 1], ["0", "peak"])
    right.grid(axis="x", color=GRID)
    passes = dict.fromkeys(part.which for part in profile.parts)
    if len(passes) > 1:
        patches = [Patch(color=COLOURS[which], label=which) for which in passes]
        left.legend(handles=patches, frameon=False, fontsize=8.5, loc="lower right", labelcolor=INK)
