"""The tables: on the screen, and as Markdown between two markers of ``performance.md``."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks import goals, machine
from benchmarks.document import markers, replace_block, table
from benchmarks.measure import Plan
from benchmarks.peers import OURS, Peer
from benchmarks.results import Measurement, by_case, ours_of, ratio
from cnn_scratch.tables import plain_table

PROGRAM = "python -m benchmarks.train_step"
BEGIN, END = markers(PROGRAM)
COLUMNS = ["library", "images/s", "min – max", "ms/step", "ours ÷ it", "memory", "start"]
PICTURE = "performance.png"
DOCUMENT = "performance.md"
LOG_WIDTH = 110


@dataclass(frozen=True)
class Report:
    """A whole run: what was measured, how, where, and which libraries were not there."""

    measurements: list[Measurement]
    missing: list[Peer]
    plan: Plan
    command: str
    load: float

    def facts(self) -> list[str]:
        """Return the lines that make the numbers repeatable."""
        threads, rounds = count(self.plan.threads, "thread"), count(self.plan.rounds, "round")
        versions = {k: v for m in self.measurements for k, v in m.versions.items()}
        facts = [
            f"Command: `{self.command}`, {date.today().isoformat()}",
            f"Machine: {machine.describe()}; load before the run {self.load:.2f}",
            f"Versions: {', '.join(f'{name} {version}' for name, version in versions.items())}",
            f"{threads} for every library; {rounds} of about {self.plan.seconds:g} s for each",
        ]
        facts += [f"{m.case}: {m.peer.title} failed: {m.failure}" for m in self.measurements if m.failure]
        facts += [f"{p.title}: not installed (needs {', '.join(p.missing_packages())})" for p in self.missing]
        return facts


def count(number: int, thing: str) -> str:
    """Return `1 thread` or `2 threads`."""
    return f"{number} {thing}" + ("s" if number > 1 else "")


def rows(group: list[Measurement]) -> list[list[str]]:
    """Return one row of text per library, under ``COLUMNS``; ours first, then the fastest first."""
    ours = ours_of(group)
    ordered = sorted(group, key=lambda m: (m.peer is not OURS, not m.worked, -m.rate if m.worked else 0))
    return [_row(measurement, ours) for measurement in ordered]


def _row(measurement: Measurement, ours: Measurement | None) -> list[str]:
    if not measurement.worked:
        return [measurement.peer.title, "failed"] + [""] * (len(COLUMNS) - 2)
    rates = measurement.rates
    compared = ours is not None and measurement is not ours
    return [
        measurement.peer.title,
        f"{measurement.rate:,.0f}",
        f"{min(rates):,.0f} – {max(rates):,.0f}",
        _milliseconds(measurement.case.batch_size / measurement.rate),
        f"{ratio(ours, measurement):.2f}×" if compared else "",
        _bytes(measurement.peak_bytes),
        f"{measurement.ready_seconds:.1f} s",
    ]


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}" if seconds >= 0.01 else f"{1000 * seconds:.3g}"


def _bytes(count: int | None) -> str:
    if count is None:
        return "–"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def heading(group: list[Measurement]) -> str:
    """Return the case and the size of its model."""
    ours = ours_of(group)
    return str(group[0].case) + (f" ({ours.parameters:,} parameters)" if ours else "")


# On the screen ------------------------------------------------------------------------------------


def show(report: Report) -> None:
    """Print the facts and one table per case; in colour if rich is installed."""
    try:
        from rich.console import Console
    except ImportError:
        print(markdown(report))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = LOG_WIDTH
    for group in by_case(report.measurements).values():
        console.print(_rich_table(group))
    if goal_rows := goals.goal_rows(report.measurements):
        print(plain_table("Goals", goals.HEADER, goal_rows) + "\n")
    for fact in report.facts():
        console.print(fact, markup=False, soft_wrap=True)


def _rich_table(group: list[Measurement]):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=heading(group), title_justify="left", title_style="bold", header_style="dim", box=SIMPLE_HEAD
    )
    for number, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if number else "left", no_wrap=number > 0)
    for row in rows(group):
        table.add_row(*map(Text, row), style="bold" if row[0] == OURS.title else None)
    return table


# As Markdown --------------------------------------------------------------------------------------


def markdown(report: Report) -> str:
    """Return the facts and one table per case."""
    parts = ["\n".join(f"- {fact}" for fact in report.facts())]
    if goal_rows := goals.goal_rows(report.measurements):
        parts.append(f"### Goals\n\n{table(goals.HEADER, goal_rows)}")
    groups = by_case(report.measurements).values()
    parts += [f"### {heading(group)}\n\n{table(COLUMNS, rows(group))}" for group in groups]
    return "\n\n".join(parts)


def check_document(path: Path) -> None:
    """Raise a ``ValueError`` if ``path`` exists but has no place for the results."""
    if path.exists():
        replace_block(path.read_text(encoding="utf-8"), PROGRAM, "", path)


def write_document(path: Path, report: Report) -> None:
    """Write the results into the document at ``path``, between the markers; the rest of it stays."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    body = f"![Images per second of each library]({PICTURE})\n\n{markdown(report)}"
    path.write_text(replace_block(text, PROGRAM, body, path), encoding="utf-8")
