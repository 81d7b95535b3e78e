"""History: the loss and metrics of every epoch."""

from cnn_scratch.callbacks.callback import Callback, Logs


class History(Callback):
    """Collects the logs of every epoch; ``fit`` returns one.

    Attributes:
        epoch: the numbers of the epochs, counted from 0.
        history: for each name ("loss", "val_accuracy", …) one number per epoch.
    """

    def __init__(self):
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
