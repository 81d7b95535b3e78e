"""ModelCheckpoint: the model, or its weights, in a file while it is trained."""

import os
import warnings
from pathlib import Path

import numpy as np

from cnn_scratch.callbacks.callback import Logs
from cnn_scratch.callbacks.monitor import Monitor


class ModelCheckpoint(Monitor):
    """Writes the model to a file after every epoch, or when it has become better.

    Args:
        filepath: ends in ``.keras``, or in ``.weights.h5`` if only weights are written. It may contain
            ``{epoch:02d}`` (from 1), ``{batch:02d}`` and the names of the logs, ``{val_loss:.2f}``.
        monitor, mode: the number that is watched; see ``Monitor``.
        verbose: 1 prints what is done.
        save_best_only: whether a model is written only if the number is better than all before.
        save_weights_only: whether weights are written instead of the whole model.
        save_freq: ``"epoch"``, or after how many batches.
        initial_value_threshold: the number that the first model has to beat.

    Raises:
        ValueError: a filepath with another ending, or another ``save_freq``.

    Example:
        >>> ModelCheckpoint("best.keras", save_best_only=True).filepath
        'best.keras'
    """

    def __init__(
        self,
        filepath,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._batches = 0  # since the last file
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Expected save_freq='epoch' or an integer. Received: save_freq={save_freq!r}")
        ending = ".weights.h5" if save_weights_only else ".keras"
        if not self.filepath.endswith(ending):
            raise ValueError(
                f"With save_weights_only={save_weights_only} the filepath must end in `{ending}`. "
                f"Received: filepath={self.filepath}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, float]) -> None:
        """Write the model, if it is to be written now; ``batch`` is ``None`` at the end of an epoch."""
        path = Path(self._filled_in(epoch, batch, logs))
        if not self._is_to_be_saved(epoch, logs, path):
            return
        if path.is_dir():
            raise IsADirectoryError(
                f"Please specify a non-directory filepath for ModelCheckpoint. Received: {path}, a directory"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(epoch, f"finished saving model to {path}")

    def _is_to_be_saved(self, epoch: int, logs: dict[str, float], path: Path) -> bool:
        """Return whether the model is better than all before, if only those are written; and say so."""
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return True
        if np.ndim(current):
            warnings.warn(
                f"Can save best model only when `monitor` is a scalar value. Received: {current}. "
                "Falling back to `save_best_only=False`.",
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _filled_in(self, epoch: int, batch: int | None, logs: dict[str, float]) -> str:
        """Return the filepath with numbers in place of its names."""
        numbers = {"epoch": epoch + 1} | ({} if batch is None else {"batch": batch + 1}) | logs
        try:
            return self.filepath.format(**numbers)
        except KeyError as error:
            raise KeyError(
                f"Failed to format this callback filepath: '{self.filepath}'. There is no {error}. "
                f"Expected names among {sorted(numbers)}"
            ) from error

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {text}")
