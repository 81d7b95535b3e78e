"""Time and memory of one prediction of a saved ResNet50 in a fresh process, beside Keras on TensorFlow.

::

    python -m benchmarks.resnet50

The process imports the library, loads ``resnet50.keras`` (random weights, 103 MB) and predicts one image of
224×224 pixels. The compiled kernels are on disk. Each number is the median of three processes, in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
PROCESSES = 3

SAVE = "import keras; keras.applications.ResNet50(weights=None).save({path!r})"

PREDICT = """
import json, resource, time
start = time.perf_counter()
import numpy as np
from {library} import models
imported = time.perf_counter()
model = models.load_model({path!r})
loaded = time.perf_counter()
model.predict_on_batch(np.zeros((1, 224, 224, 3), "float32"))
first = time.perf_counter()
model.predict_on_batch(np.zeros((1, 224, 224, 3), "float32"))
second = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([imported - start, loaded - imported, first - loaded, first - start, second - first, peak]))
"""

COLUMNS = ("import s", "load s", "predict s", "together s", "again s", "peak MiB")


def main() -> int:
    """Run the command."""
    argparse.ArgumentParser(
        prog="python -m benchmarks.resnet50", description=__doc__.split("\n")[0]
    ).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "resnet50.keras"))
        _run(SAVE.format(path=path))
        _run(PREDICT.format(library="cnn_scratch", path=path))  # compiles, if that was not done before
        runs: dict[str, list] = {"cnn_scratch": [], "keras": []}
        for _ in range(PROCESSES):
            for library, found in runs.items():
                output = _run(PREDICT.format(library=library, path=path))
                found.append(json.loads(output.splitlines()[-1]))
    print("".join(f"{column:>12}" for column in ("", *COLUMNS)))
    for library, found in runs.items():
        numbers = [median(values) for values in zip(*found, strict=True)]
        print(f"{library:>12}" + "".join(f"{n:12.2f}" if n < 100 else f"{n:12.0f}" for n in numbers))
    return 0


def _run(code: str) -> str:
    settings = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
