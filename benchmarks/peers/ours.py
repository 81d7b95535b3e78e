"""The models of ``cnn_scratch.zoo``, trained as a user trains them."""

from importlib.metadata import version
from itertools import cycle

import numba

import cnn_scratch
from benchmarks.cases import CLASSES, Case, random_batch
from cnn_scratch import zoo


class Ours:
    """One model of the zoo, compiled, with its batch. Numba takes its threads from ``NUMBA_NUM_THREADS``."""

    def __init__(self, case: Case):
        self.images, labels = random_batch(case)
        self.labels = cycle(labels)
        self.model = getattr(zoo, case.model)(case.input_shape, CLASSES)
        self.model.compile("adam", "sparse_categorical_crossentropy")
        self.parameters = self.model.count_params()
        self.versions = {
            "cnn_scratch": cnn_scratch.__version__,
            "numba": numba.__version__,
            "numpy": version("numpy"),
            "scipy": version("scipy"),
        }

    def step(self) -> float:
        # Keras's train_on_batch gives the loss of this batch; ours is a running mean until it is reset.
        self.model.reset_metrics()
        return float(self.model.train_on_batch(self.images, next(self.labels)))

    def predict(self) -> float:
        return float(self.model(self.images)[0, 0])
