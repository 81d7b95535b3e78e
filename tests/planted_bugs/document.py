"""The document of the planted bugs, and the figure in the README."""

import re
from pathlib import Path

from tests.planted_bugs.catalogue import PARTS
from tests.planted_bugs.copies import Outcome

INTRODUCTION = """# Planted bugs

Do the tests notice a mistake? `python -m tests.planted_bugs` finds out: in a copy of the project it
changes one line (or a few) of the package at a time, into a mistake that a person could have made,
and runs the tests of that part. A bug is *caught* if a test fails; a copy that cannot be imported any
more does not count. Before that, the same tests run without any bug and must pass. The bugs stand in
`tests/planted_bugs/`; `--only NAME` tries those whose name contains NAME, and `--new` those that this
document does not list yet, or lists with another text.

"""


def figure(outcomes: list[Outcome]) -> str:
    """Return the result in words."""
    caught = sum(outcome.verdict == "caught" for outcome in outcomes)
    return f"{caught} of {len(outcomes)} planted bugs caught"


def write_document(outcomes: list[Outcome], path: Path) -> None:
    """Write every bug that was tried, and which test caught it."""
    by_name = {outcome.bug.name: outcome for outcome in outcomes}
    lines = [INTRODUCTION, f"**{figure(outcomes)}.**\n"]
    for title, bugs in PARTS.items():
        lines += [f"\n## {title}\n", "| bug | where | what is wrong | caught by |", "|---|---|---|---|"]
        for bug in (bug for bug in bugs if bug.name in by_name):
            outcome = by_name[bug.name]
            file = bug.file.removeprefix("cnn_scratch/")
            test = f"`{outcome.test.removeprefix('tests/')}`" if outcome.test else f"**{outcome.verdict}**"
            test = f"{_cell(test)} <!-- {bug.fingerprint()} -->"
            lines.append(f"| {bug.name} | `{file}` | {_cell(bug.says)} | {test} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_document(path: Path) -> list[Outcome]:
    """Return what the document says of the bugs that were caught and are still the same."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows = re.findall(r"^\| .* \| `(.+)` <!-- (\w{8}) --> \|$", text, re.MULTILINE)
    tests = {fingerprint: test.replace("\\|", "|") for test, fingerprint in rows}
    return [
        Outcome(bug, "caught", f"tests/{tests[bug.fingerprint()]}")
        for bugs in PARTS.values()
        for bug in bugs
        if bug.fingerprint() in tests
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def update_readme(outcomes: list[Outcome], path: Path) -> None:
    """Put the figure between the README's two marks, if they are there."""
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    marks = r"(<!-- planted-bugs -->).*?(<!-- /planted-bugs -->)"
    path.write_text(re.sub(marks, rf"\g<1>{figure(outcomes)}\g<2>", text, flags=re.DOTALL), encoding="utf-8")
