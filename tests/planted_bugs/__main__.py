"""Plants bugs in a copy of the project, one at a time, and shows which test catches each of them.

::

    python -m tests.planted_bugs                  all of them; writes docs/planted-bugs.md
    python -m tests.planted_bugs --new            those that the document lacks; keeps its other rows
    python -m tests.planted_bugs --list           what there is
    python -m tests.planted_bugs --only NAME      one of them
    python -m tests.planted_bugs --quick          six of them

First the same tests run without any bug: what fails then proves nothing. Whoever stops the command loses
nothing: what has been found is written, and ``--new`` goes on from there.
"""

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.planted_bugs.bug import PROJECT, Bug
from tests.planted_bugs.catalogue import BUGS
from tests.planted_bugs.copies import Copy, Outcome
from tests.planted_bugs.document import figure, read_document, update_readme, write_document

WORKERS = 2
DOCUMENT = PROJECT / "docs" / "planted-bugs.md"


def main() -> int:
    """Run the command; return 0 if every bug is caught."""
    options = parse_arguments()
    known = read_document(DOCUMENT) if options.new else []
    bugs = chosen_bugs(options, [outcome.bug for outcome in known])
    if options.list:
        for bug in bugs:
            print(f"{bug.name:44} {bug.says}")
        return 0
    for bug in bugs:
        bug.planted_in((PROJECT / bug.file).read_text(encoding="utf-8"))  # fails before the work begins
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="planted-bugs-") as folder:
        first = Copy(Path(folder) / "first")
        if bugs and not options.hurry:
            if not passes_without_bugs(first, bugs):
                return 2
            print(f"without a bug all tests pass ({time.perf_counter() - start:.0f} s)", flush=True)
        copies = [Copy(Path(folder) / f"copy{i}", first.folder) for i in range(WORKERS)]
        outcomes = list(known)
        for outcome in try_all(bugs, copies):
            outcomes.append(outcome)
            if not options.hurry and not options.only and not options.quick:
                write_document(outcomes, DOCUMENT)
                update_readme(outcomes, PROJECT / "README.md")
    missed = [outcome for outcome in outcomes if outcome.verdict != "caught"]
    for outcome in missed:
        print(f"\n{outcome.verdict.upper()}: {outcome.bug.name}. {outcome.bug.says}\n{outcome.report}")
    print(f"\n{figure(outcomes)} ({time.perf_counter() - start:.0f} s)")
    return 1 if missed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted_bugs", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME", action="append", help="bugs whose name contains NAME")
    parser.add_argument("--new", action="store_true", help="bugs that the document lacks, or has otherwise")
    parser.add_argument("--quick", action="store_true", help="a fixed sample of six")
    parser.add_argument("--hurry", action="store_true", help="without the first run; writes nothing")
    parser.add_argument("--list", action="store_true", help="list the bugs and stop")
    return parser.parse_args()


def chosen_bugs(options: argparse.Namespace, known: list[Bug]) -> list[Bug]:
    bugs = [bug for bug in BUGS if bug not in known]
    if options.quick:
        bugs = bugs[:: -(-len(bugs) // 6) or 1]
    if options.only:
        bugs = [bug for bug in bugs if any(name in bug.name for name in options.only)]
        if not bugs:
            sys.exit(f"Expected a part of a bug's name (see --list). Received: {options.only}")
    return bugs


def passes_without_bugs(copy: Copy, bugs: list[Bug]) -> bool:
    """Run the tests once without a bug, which also compiles all kernels."""
    files = sorted({file for bug in bugs for file in bug.test_files()})
    result = copy.run_tests(["--tb=short", *files])
    if result.returncode:
        print(
            f"The tests fail already without a planted bug:\n{result.stdout[-5000:]}{result.stderr[-1000:]}"
        )
    return result.returncode == 0


def try_all(bugs: list[Bug], copies: list[Copy]) -> Iterator[Outcome]:
    """Try every bug, and yield what the tests said to it; each copy holds one bug at a time."""
    free: queue.Queue[Copy] = queue.Queue()
    for copy in copies:
        free.put(copy)

    def try_one(bug: Bug) -> Outcome:
        copy = free.get()
        start = time.perf_counter()
        try:
            outcome = copy.try_bug(bug)
        finally:
            free.put(copy)
        print(
            f"{outcome.verdict:7} {bug.name:44} {time.perf_counter() - start:4.0f} s  {outcome.test}",
            flush=True,
        )
        return outcome

    with ThreadPoolExecutor(len(copies)) as workers:
        yield from workers.map(try_one, bugs)


if __name__ == "__main__":
    sys.exit(main())
