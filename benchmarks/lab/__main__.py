"""Check and time the versions of the convolution; see ``README.md`` in this folder.

Run it from the project's folder::

    python -m benchmarks.lab --quick                a few images, one round
    python -m benchmarks.lab --case mnist_convnet   another convolution
    python -m benchmarks.lab --write                writes docs/lab.md and its picture; compiles all anew
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = "python -m benchmarks.lab"
DOCS = Path(__file__).parent.parent.parent / "docs"
FRESH = "CNN_SCRATCH_LAB_IS_FRESH"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse(arguments)
    if (options.write or options.fresh) and FRESH not in os.environ:
        return in_a_fresh_process(arguments)
    # Here and not above: Numba reads at its import where compiled code is kept.
    from benchmarks.lab import report
    from benchmarks.lab.cases import CASES, TASKS
    from benchmarks.lab.measure import measure
    from cnn_scratch.profiling import measure_peak
    from cnn_scratch.tables import plain_table

    case = CASES[options.case]
    peak = measure_peak()
    print(f"{case}\nPeak of this machine: {peak}.")
    results = {}
    for task, name in TASKS.items():
        results[task] = measure(case, task, options.rounds, options.seconds, _say)
        print()
        print(plain_table(name, report.HEADER, report.rows(results[task], peak)), flush=True)
    if options.write:
        write(options.output, case, results, peak, shlex.join([*PROGRAM.split(), *arguments]))
    return 0


def in_a_fresh_process(arguments: list[str]) -> int:
    """Run the command again with no compiled code on disk, so that the first calls compile everything."""
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {FRESH: "1", "NUMBA_CACHE_DIR": empty}
        return subprocess.run(
            [sys.executable, "-m", "benchmarks.lab", *arguments], env=environment
        ).returncode


def write(folder: Path, case, results: dict, peak, command: str) -> None:
    """Write the results into the document, and draw its picture."""
    from benchmarks import document, machine
    from benchmarks.lab import report
    from benchmarks.lab.chart import write_chart

    note = f"{machine.describe()} · {peak.threads} threads · dark line: the prediction"
    write_chart(folder / report.PICTURE, case, results, peak, note)
    document.write_block(
        folder / report.DOCUMENT, report.PROGRAM, report.markdown(case, results, peak, command)
    )
    _say(f"Wrote {folder / report.DOCUMENT} and {folder / report.PICTURE}.")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    add = parser.add_argument
    names = ["vgg_small", "vgg_deep", "mnist_convnet", "cifar_seed"]
    add("--case", choices=names, default="vgg_small", help="where the convolution comes from")
    add("--rounds", type=int, default=None, metavar="N", help="turns of each version (default 7)")
    add("--seconds", type=float, default=None, metavar="S", help="at most, of a call (default 0.2)")
    add("--quick", action="store_true", help="one round of a few images")
    add(
        "--fresh",
        action="store_true",
        help="compile everything anew: the first calls then say how long that is",
    )
    add("--write", action="store_true", help="write docs/lab.md and docs/lab.png")
    add("--output", type=Path, default=DOCS, metavar="DIR", help="the folder for --write (default docs)")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 7)
    options.seconds = options.seconds or (0.01 if options.quick else 0.2)
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
