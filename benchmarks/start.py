"""Time how long it takes until something happens: a first prediction, a first training step, a thousandth.

Run it from the project's folder, on an idle machine::

    python -m benchmarks.start --quick    one process for each number, and few steps
    python -m benchmarks.start            prints the table
    python -m benchmarks.start --write    the same, and writes it into docs/performance.md

Each number comes from new processes, the median of three:

* **first prediction**: import, build ``mnist_convnet``, load its weights, predict one image; the compiled
  kernels are on disk. Beside it Keras on TensorFlow and PyTorch doing the same, if they are installed.
* **first run ever**: the same with nothing compiled, until the first training step is done.
* **memory**: what the process holds after 10 and after 1,000 training steps.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks import document, machine
from benchmarks.goals import verdict
from cnn_scratch.tables import plain_table

PROGRAM = "python -m benchmarks.start"
ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
PROCESSES, STEPS = 3, 1000
FEW_STEPS = 10  # after which the memory is what it should stay
HEADER = ["", "library", "median", "from – to", "goal"]
WARM_GOAL, COLD_GOAL = 1.0, 15.0  # seconds
FLAT_GOAL = 1.02  # how many times the memory after FEW_STEPS may be held at the end

OURS = """
import numpy as np
from cnn_scratch import zoo
model = zoo.mnist_convnet((28, 28, 1), 10)
model.load_weights({weights!r})
model(np.zeros((1, 28, 28, 1), "float32"))
"""

KERAS = """
import numpy as np
from keras import Input, Sequential, layers
from benchmarks.peers.with_keras import mnist_convnet
model = Sequential([Input((28, 28, 1)), *mnist_convnet(), layers.Dense(10, activation="softmax")])
model.load_weights({weights!r})
model.predict_on_batch(np.zeros((1, 28, 28, 1), "float32"))
"""

TORCH = """
import torch
from torch import nn
from benchmarks.peers.with_torch import mnist_convnet
model = nn.Sequential(*mnist_convnet()).eval()
model.load_state_dict(torch.load({state!r}))
with torch.inference_mode():
    model(torch.zeros(1, 1, 28, 28))
"""

SAVE_OURS = """
from cnn_scratch import zoo
zoo.mnist_convnet((28, 28, 1), 10).save_weights({weights!r})
"""

SAVE_TORCH = """
import torch
from torch import nn
from benchmarks.peers.with_torch import mnist_convnet
torch.save(nn.Sequential(*mnist_convnet()).state_dict(), {state!r})
"""

TRAIN = """
import numpy as np
from benchmarks.worker import peak_memory
from cnn_scratch import zoo
model = zoo.mnist_convnet((28, 28, 1), 10)
model.compile("adam", "sparse_categorical_crossentropy")
images, labels = np.zeros((128, 28, 28, 1), "float32"), np.arange(128) % 10
for step in range(1, {steps} + 1):
    model.train_on_batch(images, labels)
    if step in ({few}, {steps}):
        print(peak_memory() or 0)
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one process for each number, and few steps")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--output", type=Path, default=DOCUMENT, metavar="FILE", help="another document")
    options = parser.parse_args(arguments)
    rows = measure(1 if options.quick else PROCESSES, 2 * FEW_STEPS if options.quick else STEPS)
    print(plain_table("Until something happens", HEADER, rows))
    if options.write:
        facts = f"- Command: `{PROGRAM} --write`, {date.today().isoformat()}\n- Machine: {machine.describe()}"
        body = f"{facts}\n\n{document.table(HEADER, rows, text_columns=2)}"
        document.write_block(options.output, PROGRAM, body)
        print(f"Wrote {options.output}.")
    return 0


def measure(processes: int, steps: int) -> list[list[str]]:
    """Return the table below ``HEADER``.

    Args:
        processes: new ones for each time.
        steps: of training, over which the memory is watched.
    """
    first, rows = "first prediction", []
    with tempfile.TemporaryDirectory() as folder:
        files = {"weights": f"{folder}/model.weights.h5", "state": f"{folder}/model.pt"}
        run(SAVE_OURS.format(**files))
        rows.append(row(first, "cnn_scratch", times(OURS.format(**files), processes), WARM_GOAL))
        if find_spec("keras") and find_spec("tensorflow"):
            seconds = times(KERAS.format(**files), processes, KERAS_BACKEND="tensorflow")
            rows.append(row(first, "Keras + TensorFlow", seconds))
        if find_spec("torch"):
            run(SAVE_TORCH.format(**files))
            rows.append(row(first, "PyTorch", times(TORCH.format(**files), processes)))
    one_step = TRAIN.format(steps=1, few=FEW_STEPS)
    seconds = times(one_step, processes, compiles=True)
    rows.append(
        row("first run ever, until the first training step is done", "cnn_scratch", seconds, COLD_GOAL)
    )
    early, late = map(int, run(TRAIN.format(steps=steps, few=FEW_STEPS)).split())
    flat = f"flat: {verdict(late <= FLAT_GOAL * early)}"
    rows.append([f"memory after {FEW_STEPS} training steps", "cnn_scratch", f"{early / 1e6:.1f} MB", "", ""])
    rows.append([f"memory after {steps:,} training steps", "cnn_scratch", f"{late / 1e6:.1f} MB", "", flat])
    return rows


def row(what: str, library: str, seconds: list[float], goal: float | None = None) -> list[str]:
    """Return a row of the table for times."""
    middle = median(seconds)
    wanted = f"≤ {goal:.1f} s: {verdict(middle <= goal)}" if goal else ""
    return [what, library, f"{middle:.2f} s", f"{min(seconds):.2f} – {max(seconds):.2f} s", wanted]


def times(code: str, processes: int, compiles: bool = False, **environment: str) -> list[float]:
    """Return how long new processes take that run ``code``; each compiles everything if asked to."""
    seconds = []
    for _ in range(processes):
        with tempfile.TemporaryDirectory() as empty:
            cache = {"NUMBA_CACHE_DIR": empty} if compiles else {}
            begin = time.perf_counter()
            run(code, **environment, **cache)
            seconds.append(time.perf_counter() - begin)
    return seconds


def run(code: str, **environment: str) -> str:
    """Run ``code`` in a new process and return what it prints."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", code]
    answer = subprocess.run(
        command, env=os.environ | quiet | environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return answer.stdout


if __name__ == "__main__":
    sys.exit(main())
