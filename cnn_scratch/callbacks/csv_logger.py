"""CSVLogger: a table of the epochs in a file."""

import csv
import os
from pathlib import Path

import numpy as np

from cnn_scratch.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes a line with the loss and the metrics of every epoch, and a first line with their names.

    The columns are ``epoch`` (from 0) and the names of the logs, sorted. If the first epoch is not
    validated there is a column ``val_…`` for each of them, and ``NA`` where nothing is known. Of a metric
    with several numbers there is a list in quotation marks, on one line, as in Keras.

    Args:
        filename: of the file.
        separator: between the columns.
        append: whether the lines go to the end of a file that is there; else it is replaced.
    """

    def __init__(self, filename, separator: str = ",", append: bool = False):
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file = None

    def on_train_begin(self, logs: Logs = None) -> None:
        path = Path(self.filename)
        self._with_header = not (self.append and path.exists() and path.stat().st_size)
        self._close()
        self._file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        first = self.keys is None
        if first:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        writer = csv.writer(self._file, delimiter=self.sep, lineterminator=os.linesep)
        if first and self._with_header:
            writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _cell(value):
    """Return what is written into the table for one number, or for several."""
    return f'"[{", ".join(map(str, value))}]"' if np.ndim(value) else value
