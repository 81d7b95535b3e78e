"""ReduceLROnPlateau: smaller steps when larger ones do not help any more."""

import warnings

import numpy as np

from cnn_scratch.callbacks.callback import Logs
from cnn_scratch.callbacks.monitor import Monitor


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by a factor when a number has not become better for some epochs.

    The logs of each epoch get the ``learning_rate`` that it had.

    Args:
        monitor, mode: the number that is watched; see ``Monitor``.
        factor: below 1.
        patience: after how many epochs without an improvement the learning rate falls.
        verbose: 1 prints what is done.
        min_delta: a change by less than this is no improvement.
        cooldown: for how many epochs nothing is counted after the learning rate has fallen.
        min_lr: the learning rate does not fall below this.

    Raises:
        ValueError: a factor of 1 or more.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0. Received: factor={factor}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def in_cooldown(self) -> bool:
        """Return whether epochs are not counted at the moment."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> bool:
        """Make the learning rate smaller; return whether that was possible."""
        optimizer = self.model.optimizer
        if optimizer.learning_rate <= np.float32(self.min_lr):
            return False
        optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
        if self.verbose > 0:
            rate = optimizer.learning_rate
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
        return True
