"""How the speed of training grows with the batch size, and with the number of threads.

Run it from the project's folder, on an idle machine::

    python -m benchmarks.scaling --quick    one small model, in seconds
    python -m benchmarks.scaling            three models of the zoo beside TensorFlow and PyTorch
    python -m benchmarks.scaling --write    the same, and writes docs/performance.md and docs/scaling.png

The measuring is that of ``benchmarks.train_step``: a process for each library, rounds that are interleaved.
For the threads, each library takes part once with one thread and once with all.
"""

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks import document, machine
from benchmarks.cases import Case
from benchmarks.goals import verdict
from benchmarks.measure import Plan, Turn, measure_case, take_turns
from benchmarks.peers import OURS, PEERS, Peer
from benchmarks.results import Measurement, by_case
from cnn_scratch.tables import plain_table

PROGRAM = "python -m benchmarks.scaling"
DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT, PICTURE = "performance.md", "scaling.png"
MODELS = ["mnist_convnet", "cifar_seed", "vgg_small"]
BATCH_SIZES = [1, 4, 16, 64, 256, 1024]
LARGEST = {"vgg_small": 256}  # a step of it with 1,024 images takes seconds
THREADS_BATCH = 128
GOAL_MODEL, GOAL = "vgg_small", 1.8  # from one thread to two
QUICK = {"models": MODELS[:1], "batch_sizes": [1, 32], "plan": Plan(machine.usable_cores(), 1, 0.1)}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse(arguments)
    batches = measure_batches(options.models, options.batch_sizes, options.peers, options.plan, _say)
    threads = [
        measure_threads(Case(model, THREADS_BATCH), options.peers, options.plan, _say)
        for model in options.models
    ]
    for title, header, rows in tables(batches, threads, options.plan.threads):
        print(plain_table(title, header, rows) + "\n", flush=True)
    if options.write:
        from benchmarks.scaling_chart import write_chart

        write_chart(options.output / PICTURE, batches, machine.describe())
        command = shlex.join([*PROGRAM.split(), *arguments])
        body = markdown(batches, threads, options.plan, command)
        document.write_block(options.output / DOCUMENT, PROGRAM, body)
        _say(f"Wrote {options.output / DOCUMENT} and {options.output / PICTURE}.")
    return 0


def measure_batches(
    models: list[str], batch_sizes: list[int], peers: list[Peer], plan: Plan, say: Callable[[str], None]
) -> list[Measurement]:
    """Measure training steps of every model at every batch size."""
    measurements = []
    for model in models:
        for batch_size in batch_sizes:
            if batch_size <= LARGEST.get(model, batch_size):
                case = Case(model, batch_size)
                say(str(case))
                measurements += measure_case(case, peers, plan)
    return measurements


def measure_threads(
    case: Case, peers: list[Peer], plan: Plan, say: Callable[[str], None]
) -> list[tuple[Measurement, Measurement]]:
    """Measure every library with one thread and with all, in the same rounds."""
    say(f"{case}, 1 and {plan.threads} threads")
    pairs = [(Measurement(case, peer), Measurement(case, peer)) for peer in peers]
    turns = [
        Turn(measurement, replace(plan, threads=threads))
        for pair in pairs
        for measurement, threads in zip(pair, (1, plan.threads), strict=True)
    ]
    try:
        take_turns(turns, plan, lambda text: None)
    finally:
        for turn in turns:
            turn.close()
    return pairs


# Tables -------------------------------------------------------------------------------------------


def tables(batches, threads, most_threads: int) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, header and rows of each table."""
    by_model: dict[str, list[Measurement]] = {}
    for measurement in batches:
        by_model.setdefault(measurement.case.model, []).append(measurement)
    found = []
    for model, group in by_model.items():
        sizes = [str(case.batch_size) for case in by_case(group)]
        rows = [
            [peer.title, *(_rate(m) for m in group if m.peer is peer)]
            for peer in dict.fromkeys(m.peer for m in group)
        ]
        found.append((f"{model}: images/s for each batch size", ["library", *sizes], rows))
    header = ["model, library", "1 thread", f"{most_threads} threads", "ratio", "goal"]
    rows = [_thread_row(one, all_) for pairs in threads for one, all_ in pairs]
    return [*found, (f"Images/s with 1 and with {most_threads} threads, batch {THREADS_BATCH}", header, rows)]


def _rate(measurement: Measurement) -> str:
    return f"{measurement.rate:,.0f}" if measurement.worked else "failed"


def _thread_row(one: Measurement, all_: Measurement) -> list[str]:
    title = f"{one.case.model}, {one.peer.title}"
    if not (one.worked and all_.worked):
        return [title, _rate(one), _rate(all_), "", ""]
    ratio = speed_up(one, all_)
    is_goal = one.peer is OURS and one.case.model == GOAL_MODEL
    goal = f"≥ {GOAL:.1f}×: {verdict(ratio >= GOAL)}" if is_goal else ""
    return [title, _rate(one), _rate(all_), f"{ratio:.2f}×", goal]


def speed_up(one: Measurement, all_: Measurement) -> float:
    """Return how many times as fast all threads are: the median over the rounds of the ratio within one."""
    return median(fast / slow for slow, fast in zip(one.rates, all_.rates, strict=True))


def markdown(batches, threads, plan: Plan, command: str) -> str:
    """Return the picture, where it was measured, and the tables."""
    facts = [
        f"Command: `{command}`, {date.today().isoformat()}",
        f"Machine: {machine.describe()}",
        f"{plan.rounds} rounds of about {plan.seconds:g} s for each; batch sizes with {plan.threads} threads",
    ]
    parts = [f"![Images per second for each batch size]({PICTURE})", "\n".join(f"- {fact}" for fact in facts)]
    for title, header, rows in tables(batches, threads, plan.threads):
        parts.append(f"**{title}**\n\n{document.table(header, rows)}")
    return "\n\n".join(parts)


# Options ------------------------------------------------------------------------------------------


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options, with ``peers`` and ``plan`` made from them."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--models", nargs="+", choices=MODELS, default=MODELS, metavar="NAME", help=", ".join(MODELS))
    add("--batch-sizes", nargs="+", type=int, default=BATCH_SIZES, metavar="N", help="default: 1 … 1024")
    add("--rounds", type=int, default=3, metavar="N", help="turns of each library (default 3)")
    add("--seconds", type=float, default=0.5, metavar="S", help="length of a turn (default 0.5)")
    add("--quick", action="store_true", help="one short round of one small model")
    add("--write", action="store_true", help=f"write {DOCUMENT} and {PICTURE}")
    add("--output", type=Path, default=DOCS, metavar="DIR", help="the folder for --write (default docs)")
    options = parser.parse_args(arguments)
    names = [OURS.name, "keras-tensorflow"] + ([] if options.quick else ["torch"])
    options.peers = [PEERS[name] for name in names if not PEERS[name].missing_packages()]
    options.plan = Plan(machine.usable_cores(), options.rounds, options.seconds)
    if options.quick:
        vars(options).update(QUICK)
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
