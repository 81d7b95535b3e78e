"""Time training steps and predictions of the models of keras.applications, beside Keras on TensorFlow.

Run it from the project's folder, on an idle machine::

    python -m benchmarks.applications                               five models, in about three minutes
    python -m benchmarks.applications --models ResNet50 VGG16       others
    python -m benchmarks.applications --write                       writes the table into docs/performance.md

Keras makes each model with random weights and saves it, and cnn_scratch loads the file. Both have a process
and the same number of threads. Their turns are interleaved, and while one runs the other is stopped. Times
are medians of the turns, and a ratio is the median of those within a round: above 1 ours is faster.
"""

import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import geometric_mean, median

from benchmarks import document, machine
from benchmarks.measure import Worker, WorkerError, steps_for
from benchmarks.peers import QUIET_AND_ON_THE_CPU, THREAD_VARIABLES

PROGRAM = "python -m benchmarks.applications"
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
MODELS = ["MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "ResNet50", "DenseNet121"]
LIBRARIES = ("Keras", "ours")  # Keras first: it saves the model that ours loads
TASKS = ("training step", "prediction")
HEADER = ["model", *(f"{task}: {what}" for task in TASKS for what in ("ours", "Keras", "ratio"))]
ROUNDS = 5
SECONDS = 0.7  # of a turn


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--models", nargs="+", default=MODELS, metavar="NAME", help=f"default {', '.join(MODELS)}")
    add("--batch-size", type=int, default=16, metavar="N", help="images per step (default 16)")
    add("--size", type=int, default=96, metavar="N", help="height and width of an image (default 96)")
    add("--threads", type=int, default=machine.usable_cores(), metavar="N", help="default: all cores")
    add("--rounds", type=int, default=ROUNDS, metavar="N", help=f"turns of each library (default {ROUNDS})")
    add("--jit", action="store_true", help="Keras with jit_compile='auto', whose compilation takes minutes")
    add("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args(arguments)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        workers = {library: start_worker(options.threads) for library in LIBRARIES}
        try:
            for model in options.models:
                order = {"model": model, "path": str(Path(folder, f"{model}.keras")), "jit": options.jit}
                order |= {"batch_size": options.batch_size, "size": options.size}
                found[model] = measure(workers, order, options.rounds)
                print(" | ".join(row(model, found[model])), flush=True)
        except WorkerError as error:
            sys.exit(f"benchmarks.applications: {model}: {error}")
        finally:
            for worker in workers.values():
                worker.close()
    print(summary(found))
    if options.write:
        write(found, options)
    return 0


def start_worker(threads: int) -> Worker:
    """Start a process that holds one library."""
    environment = dict.fromkeys(THREAD_VARIABLES, str(threads)) | QUIET_AND_ON_THE_CPU
    command = [sys.executable, "-m", "benchmarks.applications_worker"]
    return Worker(command, environment | {"KERAS_BACKEND": "tensorflow"})


def measure(workers: dict[str, Worker], order: dict, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of a step in each round, ``{task: {library: […]}}``.

    Args:
        order: what a worker is told to make: model, path, batch_size, size, jit.
    """
    steps: dict[tuple[str, str], dict] = {}
    for library, worker in workers.items():
        worker.resume()
        worker.ask(order | {"library": library})
        for task in TASKS:
            run = {"task": task, "steps": 1}
            worker.ask(run)  # compiles
            worker.ask(run)
            steps[library, task] = run | {"steps": steps_for(SECONDS, worker.ask(run)["seconds"])}
        worker.pause()
    seconds: dict[str, dict[str, list[float]]] = {
        task: {library: [] for library in workers} for task in TASKS
    }
    for _ in range(rounds):
        for task in TASKS:
            for library, worker in workers.items():
                run = steps[library, task]
                worker.resume()
                worker.ask(run | {"steps": 1})  # caches are cold and threads asleep
                seconds[task][library].append(worker.ask(run)["seconds"] / run["steps"])
                worker.pause()
    return seconds


def ratio(seconds: dict[str, list[float]]) -> float:
    """Return how many times as fast ours is; the median over the rounds.

    >>> ratio({"ours": [1.0, 1.0, 3.0], "Keras": [2.0, 1.5, 6.0]})
    2.0
    """
    return median(theirs / ours for theirs, ours in zip(seconds["Keras"], seconds["ours"], strict=True))


def row(model: str, seconds: dict[str, dict[str, list[float]]]) -> list[str]:
    """Return a row of the table."""
    cells = [model]
    for task in TASKS:
        cells += [f"{1000 * median(seconds[task][library]):.0f} ms" for library in ("ours", "Keras")]
        cells.append(f"{ratio(seconds[task]):.2f}×")
    return cells


def summary(found: dict) -> str:
    """Return a sentence with the geometric mean of the ratios of each task."""
    means = (f"{geometric_mean(ratio(one[task]) for one in found.values()):.2f}× ({task})" for task in TASKS)
    return f"Geometric mean of the ratios: {', '.join(means)}."


def write(found: dict, options: argparse.Namespace) -> None:
    """Write the table into the document."""
    facts = [
        f"- Command: `{PROGRAM} --write`, {date.today().isoformat()}",
        f"- Machine: {machine.describe()}",
        f"- {options.threads} threads for both; batches of {options.batch_size} images of "
        f"{options.size}×{options.size} pixels, SGD; Keras {'jit auto' if options.jit else 'jit off'}",
    ]
    rows = [row(model, seconds) for model, seconds in found.items()]
    body = "\n\n".join(["\n".join(facts), document.table(HEADER, rows), summary(found)])
    document.write_block(DOCUMENT, PROGRAM, body)
    print(f"Wrote {DOCUMENT}.")


if __name__ == "__main__":
    sys.exit(main())
