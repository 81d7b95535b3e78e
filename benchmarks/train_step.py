"""Time training steps and predictions of the zoo's models, beside Keras and PyTorch on the same cores.

Run it from the project's folder::

    python -m benchmarks.train_step --quick     two small models, beside Keras on TensorFlow, in seconds
    python -m benchmarks.train_step             every model beside every library that is installed
    python -m benchmarks.train_step --goals     what the project wants to be fast at, beside all of them
    python -m benchmarks.train_step --goals --write    writes docs/performance.md and its picture, too

How it is measured, and how to read the table: ``docs/performance.md``.
"""

import argparse
import shlex
import sys
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from benchmarks import machine, report
from benchmarks.cases import INPUT_SHAPES, Case
from benchmarks.chart import write_chart
from benchmarks.goals import GOALS
from benchmarks.measure import Plan, measure_case
from benchmarks.peers import OURS, PEERS, Peer
from benchmarks.results import Measurement, by_case, ours_of

PROGRAM = "python -m benchmarks.train_step"
DOCS = Path(__file__).parent.parent / "docs"
QUICK = ["lenet", "mnist_convnet", "mnist_convnet:1:predict"]
EVERYTHING = [
    *INPUT_SHAPES,
    "cifar_seed:10000",
    "mnist_convnet:128:predict",
    "cifar_seed:128:predict",
    "vgg_small:128:predict",
    "mnist_convnet:1:predict",
]
# Other programs use more than this share of the cores: the machine is not idle.
BUSY = 0.25


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, or 1 if cnn_scratch failed, or 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse(arguments)
    load = machine.load()
    if load > BUSY * machine.usable_cores():
        _say(f"This machine is busy (load {load:.1f}): the numbers will be rough.")
    installed = [peer for peer in options.peers if not peer.missing_packages()]
    missing = [peer for peer in options.peers if peer.missing_packages()]
    try:
        measurements = measure_all(options.cases, installed, options.plan)
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    command = shlex.join([*PROGRAM.split(), *arguments])
    results = report.Report(measurements, missing, options.plan, command, load)
    report.show(results)
    if options.write:
        write(options.output, results)
    return 0 if all(ours_of(group) for group in by_case(measurements).values()) else 1


def measure_all(cases: list[Case], peers: list[Peer], plan: Plan) -> list[Measurement]:
    """Measure every case, with a line of progress."""
    measurements = []
    for case in cases:
        measurements += measure_case(case, peers, plan, lambda text, case=case: _progress(f"{case} · {text}"))
    _progress("")
    return measurements


def write(folder: Path, results: report.Report) -> None:
    """Write the document and its picture."""
    folder.mkdir(parents=True, exist_ok=True)
    thread_count = report.count(results.plan.threads, "thread")
    note = f"{machine.describe()} · {thread_count} · thin line: slowest to fastest round"
    write_chart(folder / report.PICTURE, results.measurements, note)
    report.write_document(folder / report.DOCUMENT, results)
    _say(f"Wrote {folder / report.DOCUMENT} and {folder / report.PICTURE}.")


# Options ------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"benchmarks.train_step: {message}\n")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options, with ``cases``, ``peers`` and ``plan`` made from them; exit with 2 for bad ones."""
    parser = _parser()
    options = parser.parse_args(arguments)
    quick = options.quick
    if quick and options.write:
        parser.error("--quick is too short to be written down. Leave out --quick or --write.")
    if options.goals and (quick or options.models):
        parser.error("--goals has its own models. Leave out --goals, or --quick and --models.")
    if options.output and not options.write:
        parser.error("--output has a meaning only with --write.")
    options.output = options.output or DOCS
    if options.write:
        _check_can_write(parser, options.output)

    names = options.models or (QUICK if quick else EVERYTHING)
    peers = options.peers or (
        ["keras-tensorflow"] if quick else [p.name for p in PEERS.values() if p.by_default or options.goals]
    )
    if "all" in peers:
        peers = list(PEERS)
    try:
        cases = [goal.case for goal in GOALS] if options.goals else []
        options.cases = cases or _unique(read_case(name, options.batch_size) for name in names)
        options.peers = _unique([OURS, *(read_name(name, PEERS, "--peers") for name in peers)])
    except ValueError as error:
        parser.error(str(error))
    options.plan = Plan(
        options.threads,
        options.rounds or (1 if quick else 3 if options.goals else 7),
        options.seconds or (0.5 if quick or options.goals else 2),
    )
    return options


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add(
        "--models",
        nargs="+",
        metavar="NAME[:BATCH[:predict]]",
        help=f"{', '.join(INPUT_SHAPES)}; cifar_seed:10000 has a batch of its own; lenet:1:predict predicts",
    )
    add("--batch-size", type=whole_number, default=128, metavar="N", help="images per step (default 128)")
    add(
        "--threads",
        type=threads,
        default=machine.usable_cores(),
        metavar="N",
        help="for every library (default: all cores)",
    )
    add("--rounds", type=whole_number, metavar="N", help="turns of each library (default 7; 3 with --goals)")
    add("--seconds", type=positive_number, metavar="S", help="length of a turn (default 2; 0.5 with --goals)")
    add("--peers", nargs="+", metavar="NAME", help=f"all, or some of {', '.join(PEERS)}")
    add("--quick", action="store_true", help="one short round of two small models beside Keras on TensorFlow")
    add("--goals", action="store_true", help="the cases of benchmarks/goals.py, all libraries, short rounds")
    add("--write", action="store_true", help=f"write {report.DOCUMENT} and {report.PICTURE}")
    add("--output", type=Path, metavar="DIR", help="the folder for --write (default docs)")
    return parser


def read_case(text: str, batch_size: int) -> Case:
    """Return the case that ``NAME``, ``NAME:BATCH`` or ``NAME:BATCH:predict`` means.

    Raises:
        ValueError: no such model, not a batch size, or something else than ``predict``.
    """
    name, colon, rest = text.partition(":")
    batch, second_colon, task = rest.partition(":")
    read_name(name, INPUT_SHAPES, "--models")
    if second_colon and task != "predict":
        raise ValueError(f"argument --models: expected NAME:BATCH:predict. Received: {text!r}")
    if not colon:
        return Case(name, batch_size)
    try:
        return Case(name, whole_number(batch), predicts=task == "predict")
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"argument --models: batch size of {name}: {error}") from None


def read_name(name: str, choices: dict, option: str):
    """Return ``choices[name]``.

    Raises:
        ValueError: there is none; suggests the nearest.
    """
    if name in choices:
        return choices[name]
    near = get_close_matches(name, choices, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"Expected some of {', '.join(choices)}."
    raise ValueError(f"argument {option}: unknown name '{name}'. {hint}")


def whole_number(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1. Received: {text!r}")
    return int(text)


def threads(text: str) -> int:
    """Return a whole number of at most the cores of this machine."""
    number, most = whole_number(text), machine.usable_cores()
    if number > most:
        raise argparse.ArgumentTypeError(
            f"expected at most {most}, the cores of this machine. Received: {text}"
        )
    return number


def positive_number(text: str) -> float:
    """Return a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0. Received: {text!r}")
    return number


def _check_can_write(parser: Parser, folder: Path) -> None:
    """End with an error now rather than after a quarter of an hour of measuring."""
    if find_spec("matplotlib") is None:
        parser.error("--write draws a picture and needs matplotlib: pip install matplotlib")
    if folder.exists() and not folder.is_dir():
        parser.error(f"argument --output: expected a folder. Received: {folder}")
    try:
        report.check_document(folder / report.DOCUMENT)
    except ValueError as error:
        parser.error(f"argument --output: {error}")


def _unique(things) -> list:
    return list(dict.fromkeys(things))


# Words on the screen ------------------------------------------------------------------------------


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _progress(text: str) -> None:
    """Show one line in place of the one before; in a log, nothing."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
