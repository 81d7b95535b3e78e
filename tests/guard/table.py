"""What each count means and how much it may rise, and the table of them in ``counts.md``."""

from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "counts.md"
PROGRAM = "python -m tests.guard --write"


@dataclass(frozen=True)
class Count:
    """A number that is counted for every model.

    Args:
        title: its name in the table.
        reason: what a person loses when it rises.
        share: how much it may rise, as a share of the number in the table.
        more: how much it may rise besides, where it is never quite the same.
    """

    title: str
    reason: str
    share: float = 0.0
    more: float = 0.0

    def limit(self, expected: float) -> float:
        """Return the largest number that passes; half a unit of the table's last digit is rounding."""
        return expected * (1 + self.share) + self.more + 0.05


COUNTS = {
    "kernels": Count(
        "kernels that Python calls",
        "Each is compiled when a person first runs the model, and takes a second or more.",
    ),
    "multiplications": Count(
        "multiplications, millions",
        "Those of the definition, forward and backward: a gradient that nobody needs shows here.",
    ),
    "moved": Count(
        "MB in and out of layers",
        "The least that has to be fetched and written. A cache that grows shows here.",
        share=0.01,
    ),
    "made": Count(
        "new arrays per step",
        "Arrays of 64 KB or more that NumPy makes, also those that are dropped again. A copy shows here.",
    ),
    "made_bytes": Count("MB of new arrays per step", "Each byte is written, and read again.", share=0.01),
    "arrays": Count(
        "arrays kept for backward",
        "Arrays of 64 KB or more that a step has made and that are alive between forward and backward.",
    ),
    "kept": Count("MB kept for backward", "They decide how large a batch fits into memory.", share=0.01),
    "peak": Count(
        "MB at the peak of a step",
        "Temporary arrays of a layer show here. Python's own objects come and go: one in fifty more may be.",
        share=0.02,
        more=0.1,
    ),
    "faults": Count(
        "page faults per step",
        "Each is a page of memory that the system has to clear, again and again: 100 MB of them take as long "
        "as the arithmetic. A thread or a table that grows takes a few, once.",
        more=10,
    ),
    "objects": Count(
        "new Python objects per step",
        "What a step makes must be gone after it. Python's own tables grow now and then.",
        more=5,
    ),
}


def rose(model: str, counted: dict[str, float], expected: dict[str, float]) -> list[str]:
    """Return one line for every count that is above its limit."""
    lines = []
    for name, count in COUNTS.items():
        limit = count.limit(expected[name])
        if counted[name] > limit:
            lines.append(
                f"{model}: {count.title} rose from {number(expected[name])} to {number(counted[name])} "
                f"(up to {number(limit - 0.05)} may be). {count.reason}"
            )
    return lines


def number(value: float) -> str:
    """Return a number as it stands in the table."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def write(counts: dict[str, dict[str, float]], path: Path = FILE) -> None:
    """Write the table: a line per count, a column per model."""
    models = list(counts)
    lines = ["| | " + " | ".join(models) + " |", "| --- |" + " ---: |" * len(models)]
    for name, count in COUNTS.items():
        lines.append(f"| {count.title} | " + " | ".join(number(counts[m][name]) for m in models) + " |")
    reasons = [f"- **{count.title}**: {count.reason}{_allowance(count)}" for count in COUNTS.values()]
    path.write_text(
        "# The work of a training step\n\n"
        f"Batch 32, float32, Adam. Written by `{PROGRAM}`; "
        "`tests/guard/test_work.py` fails when a number rises.\n\n"
        + "\n".join(lines)
        + "\n\nWhy these, and how much they may rise:\n\n"
        + "\n".join(reasons)
        + "\n",
        encoding="utf-8",
    )


def _allowance(count: Count) -> str:
    shares = [f"{100 * count.share:g} %"] if count.share else []
    numbers = [f"{count.more:g}"] if count.more else []
    return f" Allowed: {' and '.join(shares + numbers)} more." if shares + numbers else ""


def read(path: Path = FILE) -> dict[str, dict[str, float]]:
    """Return the counts of each model, as the table has them."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    (_, *models), _, *rows = cells
    names = {count.title: name for name, count in COUNTS.items()}
    counts: dict[str, dict[str, float]] = {model: {} for model in models}
    for title, *values in rows:
        for model, value in zip(models, values, strict=True):
            counts[model][names[title]] = float(value.replace(",", ""))
    return counts
