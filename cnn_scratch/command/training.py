"""Making the model of a run, and training it until the end, Ctrl-C, or a loss that is no number."""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from cnn_scratch import optimizers, zoo
from cnn_scratch.callbacks import Callback, History
from cnn_scratch.command.arguments import Options
from cnn_scratch.command.data import Split
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.screen import Screen
from cnn_scratch.datasets import Dataset
from cnn_scratch.models import Sequential
from cnn_scratch.utils import clear_session, set_random_seed


def make_model(options: Options, dataset: Dataset) -> Sequential:
    """Return the model of the run, compiled; everything random starts from the seed.

    The model rescales the pixels itself, so its weights file is all that a prediction needs.

    Raises:
        UsageError: the images are too small for the model.
    """
    clear_session()
    set_random_seed(options.seed)
    scale = 1 / max(abs(value) for value in dataset.value_range)
    try:
        model = zoo.MODELS[options.model](dataset.input_shape, dataset.num_classes, scale=scale)
    except ValueError as error:
        raise UsageError(f"{error} Enlarge them with --image-size, or choose another --model.") from None
    optimizer = optimizers.get(options.optimizer)
    optimizer.learning_rate = options.learning_rate
    model.compile(optimizer, zoo.loss_for(dataset.num_classes), metrics=["accuracy"])
    return model


def warm_up(model: Sequential, dataset: Dataset, screen: Screen) -> None:
    """Run every kernel once, so that compilation is not counted as training.

    On the first run on a machine Numba compiles the kernels, and keeps them on disk; after that
    they are only read.

    Args:
        model: one that is not needed any more; it is trained a little.
        dataset: of the run.
        screen: to say what takes so long.
    """
    with screen.wait_for("Preparing the compiled kernels (longer on the first run on a machine)"):
        images, labels = dataset.x_train[:4], dataset.y_train[:4]
        model.train_on_batch(images, labels)
        model.predict(images)


@dataclass
class Training:
    """What came of a training.

    Attributes:
        history: the loss and metrics of every whole epoch.
        epoch: the number of the last epoch begun, from 1.
        images: how many images were seen, each counted as often as it was.
        seconds: how long it took, validation included.
        interrupted: whether Ctrl-C ended it.
        not_finite: the loss that is no number and ended it, or ``None``.
    """

    history: History = field(default_factory=History)
    epoch: int = 0
    images: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    not_finite: float | None = None

    @property
    def epochs_done(self) -> int:
        """The number of whole epochs."""
        return len(self.history.epoch)

    @property
    def images_per_second(self) -> float:
        """The speed."""
        return self.images / self.seconds if self.seconds else 0.0


class Watch(Callback):
    """Notes in a `Training` how far it came, and stops it when the loss is no number any more."""

    def __init__(self, training: Training):
        self.training = training

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        self.training.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        size = self.params["batch_size"]
        self.training.images += min(size, self.params["samples"] - batch * size)
        if not math.isfinite(logs["loss"]):
            self.training.not_finite = logs["loss"]
            self.model.stop_training = True


def fit(model: Sequential, split: Split, options: Options) -> Training:
    """Train the model; Ctrl-C and a loss that is no number end it early, and are no errors here."""
    training = Training()
    started = time.perf_counter()
    try:
        # A loss that overflows is reported once, in words, and not by NumPy's warnings.
        with np.errstate(over="ignore", invalid="ignore"):
            model.fit(
                split.x,
                split.y,
                batch_size=options.batch_size,
                epochs=options.epochs,
                validation_data=split.validation,
                callbacks=[Watch(training), training.history],
                verbose=0 if options.quiet else "auto",
            )
    except KeyboardInterrupt:
        training.interrupted = True
    training.seconds = time.perf_counter() - started
    return training
