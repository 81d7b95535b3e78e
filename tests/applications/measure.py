"""What is measured of one model, in a process of its own: a line of the table as JSON.

::

    python -m tests.applications.measure predict ResNet50
    python -m tests.applications.measure train resnet
    python -m tests.applications.measure time ResNet50
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

IMAGES = 2  # compared
BATCH = 16  # timed
SECONDS = 90  # of timing, at most


def main() -> int:
    """Measure what the command line says, and print it."""
    kind, name = sys.argv[1:]
    if kind != "time":
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = (
            "0"  # it is wrong for some convolutions; see docs/correctness.md
        )
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"predict": predict, "train": train, "time": time_both}[kind](name, Path(folder))))
    return 0


def predict(name: str, folder: Path) -> dict:
    """Compare the outputs of every layer; raise if one is further from Keras's than its bound."""
    import cnn_scratch
    from tests.applications.catalogue import APPLICATIONS
    from tests.applications.compare import assert_same_predictions
    from tests.applications.randomize import images_for, randomize

    (application,) = (one for one in APPLICATIONS if one.name == name)
    theirs = application.build()
    images = images_for(theirs, IMAGES)
    randomize(theirs, images)
    theirs.save(folder / "model.keras")
    ours = cnn_scratch.models.load_model(folder / "model.keras")
    (folder / "model.keras").unlink()
    differences = assert_same_predictions(ours, theirs, images)
    return {
        "size": application.size,
        "layers": len(differences),
        "parameters": ours.count_params(),
        "own": max(one.own for one in differences),
        "grown": max(one.grown for one in differences),
        "keras": max(one.keras for one in differences),
        "share": max(one.grown / one.bound for one in differences),
        "predictions": differences[-1].grown,
    }


def train(family: str, folder: Path) -> dict:
    """Train the smallest model of a family; raise if it does not learn what Keras's learns."""
    from cnn_scratch.config import get_convolution_algorithm
    from tests.applications import training
    from tests.applications.catalogue import smallest_of

    application, size = smallest_of(family)
    result, _ = training.train(lambda: application.build(size), folder)
    found = {"exact": result.assert_exact(), **result.assert_as_near_as_keras()}
    return {"size": size, "algorithm": get_convolution_algorithm(), **found}


def time_both(name: str, folder: Path) -> dict:
    """Time a prediction here and in Keras, in turns; TensorFlow as it comes, with oneDNN."""
    import numpy as np

    import cnn_scratch
    from tests.applications.catalogue import APPLICATIONS

    (application,) = (one for one in APPLICATIONS if one.name == name)
    theirs = application.build(application.timed_size)
    theirs.save(folder / "model.keras")
    ours = cnn_scratch.models.load_model(folder / "model.keras")
    images = np.random.default_rng(0).uniform(-1, 1, (BATCH, *theirs.input_shape[1:])).astype("float32")
    times: dict = {ours: [], theirs: []}
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end and len(times[ours]) < 9:
        for model in times:
            start = time.perf_counter()
            model.predict_on_batch(images)
            times[model].append(time.perf_counter() - start)
    warm = {model: values[2:] or values[-1:] for model, values in times.items()}  # the first ones compile
    ratios = [a / b for a, b in zip(warm[ours], warm[theirs], strict=True)]
    return {
        "timed_size": application.timed_size,
        "seconds": median(warm[ours]),
        "keras_seconds": median(warm[theirs]),
        "ratio": median(ratios),
    }


if __name__ == "__main__":
    sys.exit(main())
