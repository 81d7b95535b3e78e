"""The correctness table as a Markdown document."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.correctness import exactness
from tests.correctness.measure import ORACLES, Row

DIFFERENCES = Path(__file__).parent / "differences.md"
HEADS = {
    "Keras": "Keras",
    "PyTorch": "PyTorch",
    "NumPy": "NumPy definition",
    "differences": "finite differences",
}
KINDS = ("outputs", "inputs", "weights")

INTRODUCTION = """# Correctness

Every layer and option, every activation function, loss, metric, regularizer and optimizer, and a whole
model in training, beside up to four oracles. `python -m tests.correctness` measures all of it again and
writes this page; the cases are the same each time. (The test suite compares with Keras too, with
shapes and options that hypothesis draws, and fails where a bound is exceeded; here is how large the
errors are.)

**How to read it.** Each row is one layer and option in one dtype. A cell holds the largest error of all
its cases as *outputs · gradient of the inputs · gradients of the weights*. An error is the largest
|ours − theirs| in an array, as a share of the largest |theirs| in the same array; **0 means equal to the
bit**. (Where a whole array is the small difference of larger numbers, as some gradients behind a softmax
are, its rounding errors are a larger share of it.) Weights and upstream gradients are random, of both
signs. One rounding is 6e-8 in float32 and 1.1e-16 in float64.

- **Keras** on TensorFlow, and **PyTorch**: in the dtype of the row, with their automatic gradients.
- **NumPy definition**: `cnn_scratch/reference/`, always in float64. So the rows in float32 show our
  rounding errors alone.
- **Finite differences**: slopes along random directions (`cnn_scratch.testing.check_gradients`), in
  float64, relative to the length of the gradient; the method itself is good to about 1e-8.
- For losses, the outputs are the value of the loss; for optimizers, the weights are those after 20
  steps. "–" stands where an oracle has no such thing, or cannot do it (see below).
"""


def write_document(sections: dict[str, list[Row]], path: Path) -> None:
    """Write introduction, summary, tables, and what differs and why."""
    rows = [row for section in sections.values() for row in section]
    lines = [INTRODUCTION, "## Summary\n", *summary(rows)]
    for title, section in sections.items():
        lines += [f"\n## {title}\n", *table(section)]
    lines += ["\n## How exact float32 is\n", *exactness.section()]
    lines += ["", DIFFERENCES.read_text(encoding="utf-8").rstrip(), "\n## Versions\n", versions()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def summary(rows: list[Row]) -> list[str]:
    """Return the totals, and for each oracle and dtype the row with the largest error."""
    cases = sum(row.cases for row in rows)
    lines = [
        f"{cases:,} cases in {len(rows)} rows.\n",
        "| oracle | dtype | median row | largest | where |",
        "|---|---|---|---|---|",
    ]
    for oracle in ORACLES:
        for dtype in ("float32", "float64"):
            worst = [
                (max(row.errors[oracle].values()), f"{row.what}, {row.option}")
                for row in rows
                if row.dtype == dtype and oracle in row.errors
            ]
            if worst:
                worst.sort()
                median, (largest, where) = worst[len(worst) // 2][0], worst[-1]
                lines.append(
                    f"| {HEADS[oracle]} | {dtype} | {number(median)} | {number(largest)} | {where} |"
                )
    return lines


def table(rows: list[Row]) -> list[str]:
    """Return a table of rows; what stands above is not said again."""
    lines = [
        f"| | option | dtype | cases | {' | '.join(HEADS[o] for o in ORACLES)} |",
        "|---|---|---|---|---|---|---|---|",
    ]
    before = (None, None)
    for row in rows:
        what = row.what if row.what != before[0] else ""
        option = row.option if (row.what, row.option) != before else ""
        before = (row.what, row.option)
        cells = " | ".join(cell(row.errors.get(oracle)) for oracle in ORACLES)
        lines.append(f"| {what} | {option} | {row.dtype} | {row.cases} | {cells} |")
    return lines


def cell(errors: dict[str, float] | None) -> str:
    """Return the errors of one oracle, in the order outputs · inputs · weights."""
    if errors is None:
        return "–"
    return " · ".join(number(errors[kind]) if kind in errors else "–" for kind in KINDS).removesuffix(" · –")


def number(error: float) -> str:
    return "0" if error == 0 else f"{error:.0e}".replace("e-0", "e-")


def versions() -> str:
    """Return what was measured with what."""
    names = ["numpy", "numba", "scipy", "keras", "tensorflow", "tensorflow-cpu", "torch"]
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"Python {platform.python_version()}, {', '.join(found)}; {platform.machine()}, {platform.system()}."
    )
