"""LearningRateScheduler: a learning rate for each epoch."""

from collections.abc import Callable

import numpy as np

from cnn_scratch.callbacks.callback import Callback, Logs


class LearningRateScheduler(Callback):
    """Asks a function for the learning rate at the beginning of each epoch.

    The logs of each epoch get the ``learning_rate`` that it had.

    Args:
        schedule: called as ``schedule(epoch, learning_rate)``, with the number of the epoch, from 0, and
            the present learning rate; or as ``schedule(epoch)`` if it takes one argument.
        verbose: 1 prints the learning rate.

    Raises:
        ValueError: the function returns no float.

    Example:
        >>> halve_every_10 = LearningRateScheduler(lambda epoch: 0.1 * 0.5 ** (epoch // 10))
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        optimizer = self.model.optimizer
        try:
            learning_rate = self.schedule(epoch, optimizer.learning_rate)
        except TypeError:
            learning_rate = self.schedule(epoch)
        if not isinstance(learning_rate, float | np.float32 | np.float64):
            raise ValueError(
                f"The output of the `schedule` function should be a float. Received: {learning_rate!r}"
            )
        optimizer.learning_rate = learning_rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {learning_rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
