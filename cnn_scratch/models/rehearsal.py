"""Rehearsals: a training step that computes nothing, to find out which kernels it needs, and compile them.

The first training step ever compiles ten or so kernels, which is most of a person's first minute. As soon as
one is found to be missing on disk, a second process is started. It makes the same model, and goes through the
same step with a batch of zeros; but it notes each kernel with the types of its arguments instead of running
it. Then it compiles them, **from the last to the first**, while this process goes from the first to the last;
they meet in the middle (``kernels/second_process.py``).

A model whose parts are not all of this package cannot be made again in another process; then it does
nothing, and this process compiles all kernels. Where a rehearsal takes place:

* at the first step after ``compile`` that misses a kernel; so never when all of them are on disk,
* with at least two threads, and a Python to start,
* unless the environment variable ``CNN_SCRATCH_SECOND_PROCESS`` is 0.
"""

import json
import os
import queue
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cnn_scratch.kernels.compile import get_num_threads
from cnn_scratch.kernels.conv2d import get_algorithm, set_algorithm
from cnn_scratch.kernels.machine_code import Call, MachineCode, noted_calls
from cnn_scratch.kernels.second_process import SecondProcess
from cnn_scratch.models.data import Data
from cnn_scratch.models.saving import model_from_json, model_to_json

SWITCH = "CNN_SCRATCH_SECOND_PROCESS"
# A rehearsal has arrays for the parameters and what the optimizer keeps of each: half a gigabyte for so many.
MOST_PARAMETERS = 2**25
# The second process finds the package where this one does, and nothing is imported before.
PROGRAM = (
    "import json, sys; order = json.loads(sys.stdin.readline()); sys.path[:] = order['path']; "
    "from cnn_scratch.models.rehearsal import main; main(order)"
)


class Rehearsed:
    """A training step (a context manager): the kernels that it needs are compiled by two processes.

    Args:
        trainer: the ``Trainer`` that makes the step.
        batch: its ``Data``.
    """

    def __init__(self, trainer, batch: Data):
        self.trainer, self.batch = trainer, batch
        self.process: SecondProcess | None = None

    def __enter__(self) -> "Rehearsed":
        MachineCode.on_missing = self.on_missing
        return self

    def __exit__(self, *_) -> None:
        MachineCode.on_missing = None
        if self.process is not None:
            self.process.stop()

    def on_missing(self, name: str) -> None:
        """Start the second process if there is none yet; wait if it is compiling this very kernel."""
        if self.trainer.model.built and not self.trainer.is_rehearsed:
            self.trainer.is_rehearsed = True
            # There may be no way to write down the model, or to start a process: this one can do without.
            with suppress(Exception):
                if can_rehearse(self.trainer.model):
                    self.process = start(self.trainer, self.batch)
        if self.process is not None:
            self.process.wait_for(name)


def can_rehearse(model) -> bool:
    """Return whether a second process is allowed, of use, and not too large."""
    # In an application that brings its own Python, ``sys.executable`` is the application.
    is_python = Path(sys.executable or "").name.lower().startswith("python") and not hasattr(sys, "frozen")
    return (
        os.environ.get(SWITCH, "1") != "0"
        and is_python
        and get_num_threads() > 1
        and model.count_params() <= MOST_PARAMETERS
    )


def start(trainer, batch: Data) -> SecondProcess:
    """Start the process that rehearses a training step with a batch like this one."""
    order = describe(trainer, batch) | {"path": [str(folder) for folder in sys.path]}
    command = [sys.executable, "-c", PROGRAM]
    return SecondProcess(command, json.dumps(order).encode(), os.environ | {SWITCH: "0"})


def describe(trainer, batch: Data) -> dict[str, Any]:
    """Return all that decides which kernels a step needs, as JSON has it."""

    def shapes(arrays):
        return arrays and [array if array is None else [array.dtype.str, array.shape] for array in arrays]

    return {
        "model": model_to_json(trainer.model),
        "batch": {"x": shapes(batch.x), "y": shapes(batch.y), "sample_weight": shapes(batch.sample_weight)},
        "algorithm": get_algorithm(),
    }


# The second process -------------------------------------------------------------------------------


def main(order: dict[str, Any]) -> None:
    """Do what ``describe`` ordered, and ask before each kernel whether it is still wanted."""
    questions, sys.stdout = sys.stdout, sys.stderr  # what anybody prints is no question
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(answers,), daemon=True).start()
    try:
        for call in reversed(rehearse(order)):
            print(call.name, file=questions, flush=True)
            if answers.get() == "yes\n":
                call.compile()
    finally:
        os._exit(0)  # without waiting for the thread that listens


def _listen(answers: queue.SimpleQueue) -> None:
    """Hand on what the first process says; when it is gone, so is this one."""
    for line in sys.stdin:
        answers.put(line)
    os._exit(0)


def rehearse(order: dict[str, Any]) -> list[Call]:
    """Return the kernels that a step calls, each once, in the order of their first calls."""
    set_algorithm(order["algorithm"])
    model = model_from_json(order["model"])

    def zeros(arrays):
        return arrays and [array if array is None else np.zeros(array[1], array[0]) for array in arrays]

    batch = Data(**{name: zeros(arrays) for name, arrays in order["batch"].items()})
    with noted_calls() as calls, np.errstate(all="ignore"):  # nobody writes what is divided here
        model.trainer.train_step(batch)
    return list(dict.fromkeys(calls))
