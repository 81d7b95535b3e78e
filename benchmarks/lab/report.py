"""The lab's table, and the part of ``docs/lab.md`` that the command writes."""

from datetime import date

from benchmarks import document, machine
from benchmarks.lab.cases import TASKS, Case, name_of, title_of
from benchmarks.lab.measure import Result
from cnn_scratch.profiling import Peak

HEADER = [
    "version",
    "what changed",
    "predicted",
    "of peak",
    "GFLOP/s",
    "× the one before",
    "largest error",
    "first call",
]
PROGRAM = "python -m benchmarks.lab"
PICTURE, DOCUMENT = "lab.png", "lab.md"


def rows(results: list[Result], peak: Peak) -> list[list[str]]:
    """Return the table below ``HEADER``, as text."""
    lines, before = [], None
    for result in results:
        rate = result.flop_rate
        lines.append(
            [
                name_of(result.version),
                title_of(result.version),
                share(result.version.PREDICTED),
                share(rate / peak.flops),
                f"{rate / 1e9:,.1f}" if rate < 10e9 else f"{rate / 1e9:,.0f}",
                f"{rate / before:.1f}×" if before else "",
                f"{result.error:.0e}",
                f"{result.compile_seconds:.1f} s",
            ]
        )
        before = rate
    return lines


def share(number: float) -> str:
    """Return 0.005 as ``0.5 %`` and 0.9 as ``90 %``."""
    return f"{100 * number:.1f} %" if number < 0.095 else f"{100 * number:.0f} %"


def markdown(case: Case, results: dict[str, list[Result]], peak: Peak, command: str) -> str:
    """Return the picture, where it was measured, and one table per task."""
    facts = [
        f"Command: `{command}`, {date.today().isoformat()}",
        f"Machine: {machine.describe()}",
        f"Peak, which is 100 %: {peak}",
        f"Case: {case}",
    ]
    parts = [f"![GFLOP/s of each version]({PICTURE})", "\n".join(f"- {fact}" for fact in facts)]
    for task, of_task in results.items():
        parts.append(f"### {TASKS[task]}\n\n{document.table(HEADER, rows(of_task, peak), text_columns=2)}")
    return "\n\n".join(parts)
