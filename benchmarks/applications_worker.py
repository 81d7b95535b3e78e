"""A process that holds one library and makes steps of a model of keras.applications when told to.

It reads one JSON object a line and answers with one: an order ``{"library", "model", "path", "batch_size",
"size", "jit"}`` makes a model, ``{"task", "steps"}`` runs it and tells the seconds. Keras writes the model to
``path``, from where ours is loaded.
"""

import json
import os
import sys
import time

import numpy as np

CLASSES = 1000


class WithKeras:
    """A model of keras.applications with random weights, and a batch."""

    def __init__(self, order: dict):
        import keras

        keras.backend.clear_session()
        shape = (order["size"], order["size"], 3)
        make = getattr(keras.applications, order["model"])
        self.model = make(weights=None, input_shape=shape, classes=CLASSES)
        self.model.save(order["path"])
        jit = "auto" if order["jit"] else False
        self.model.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy", jit_compile=jit)
        self.images, self.labels = map(keras.ops.convert_to_tensor, random_batch(order))

    def train(self):
        self.model.train_on_batch(self.images, self.labels)

    def predict(self):
        self.model.predict_on_batch(self.images)


class Ours:
    """The same model, from its file."""

    def __init__(self, order: dict):
        from cnn_scratch.models import load_model
        from cnn_scratch.optimizers import SGD

        self.model = load_model(order["path"])
        self.model.compile(SGD(1e-3), "sparse_categorical_crossentropy")
        self.images, self.labels = random_batch(order)

    def train(self):
        self.model.train_on_batch(self.images, self.labels)

    def predict(self):
        self.model.predict_on_batch(self.images)


def random_batch(order: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels."""
    rng, size = np.random.default_rng(0), order["size"]
    images = rng.random((order["batch_size"], size, size, 3), dtype=np.float32)
    return images, rng.integers(0, CLASSES, order["batch_size"])


def main() -> None:
    """Answer one line after the other until there are no more."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no reply
    subject = None
    for line in sys.stdin:
        order = json.loads(line)
        seconds = 0.0
        if "model" in order:
            subject = None  # its memory first
            subject = {"Keras": WithKeras, "ours": Ours}[order["library"]](order)
        else:
            run = subject.train if order["task"] == "training step" else subject.predict
            start = time.perf_counter()
            for _ in range(order["steps"]):
                run()
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), file=replies, flush=True)


if __name__ == "__main__":
    main()
