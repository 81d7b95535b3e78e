"""Time how long it takes until something happens: a first prediction, a first training step, a thousandth.

Run it from the project's folder, on an idle machine::

    python -m benchmarks.start

Each number comes from new processes, the median of three:

* **first prediction**: import, build ``mnist_convnet``, load its weights, predict one image; the compiled
  kernels are on disk. Beside it Keras on TensorFlow and PyTorch doing the same, if they are installed.
* **first run ever**: the same with nothing compiled, until the first training step is done.
* **memory**: what the process holds after 10 and after 1,000 training steps.
"""

import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
PROCESSES = 3

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
    if step in (10, {steps}):
        print(peak_memory() or 0)
"""


def main() -> None:
    """Measure and print one line for each number."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"weights": f"{folder}/model.weights.h5", "state": f"{folder}/model.pt"}
        run(SAVE_OURS.format(**files))
        show("first prediction, cnn_scratch", OURS.format(**files))
        if find_spec("keras") and find_spec("tensorflow"):
            show("first prediction, Keras + TensorFlow", KERAS.format(**files), KERAS_BACKEND="tensorflow")
        if find_spec("torch"):
            run(SAVE_TORCH.format(**files))
            show("first prediction, PyTorch", TORCH.format(**files))
    show("first run ever, cnn_scratch: until the first training step", TRAIN.format(steps=1), compiles=True)
    after_10, after_1000 = run(TRAIN.format(steps=1000)).split()
    print(f"memory after 10 steps {int(after_10) / 1e6:.1f} MB, after 1,000 {int(after_1000) / 1e6:.1f} MB")


def show(title: str, code: str, compiles: bool = False, **environment: str) -> None:
    """Print the median time of new processes that run ``code``; each compiles everything if asked to."""
    seconds = []
    for _ in range(PROCESSES):
        with tempfile.TemporaryDirectory() as empty:
            cache = {"NUMBA_CACHE_DIR": empty} if compiles else {}
            begin = time.perf_counter()
            run(code, **environment, **cache)
            seconds.append(time.perf_counter() - begin)
    print(f"{title}: {median(seconds):.2f} s ({min(seconds):.2f} – {max(seconds):.2f})", flush=True)


def run(code: str, **environment: str) -> str:
    """Run ``code`` in a new process and return what it prints."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", code]
    answer = subprocess.run(
        command, env=os.environ | quiet | environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return answer.stdout


if __name__ == "__main__":
    main()
