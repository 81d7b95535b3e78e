"""BackupAndRestore: a training that was interrupted goes on where it was."""

import json
import os
import shutil
from pathlib import Path

from cnn_scratch.callbacks.callback import Callback, Logs


class BackupAndRestore(Callback):
    """Keeps the weights, the optimizer's state and the number of epochs in a folder while ``fit`` runs.

    Who starts the same program again after an interruption goes on with the epoch after the last one that is
    in the folder. When ``fit`` ends, the folder is removed.

    Args:
        backup_dir: the folder, of this run alone; made if it is not there.
        save_freq: ``"epoch"``, or after how many batches. An epoch that was not finished begins anew.
        double_checkpoint: whether the state before the last one is kept, too, in case that the last one
            cannot be read.
        delete_checkpoint: whether the folder is removed at the end.

    Raises:
        ValueError: no folder, or another ``save_freq``; in ``fit``, a file in the folder that is damaged.

    Example:
        >>> BackupAndRestore("backup").save_freq
        'epoch'
    """

    def __init__(
        self,
        backup_dir,
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        if not backup_dir:
            raise ValueError(f"Expected the name of a folder. Received: backup_dir={backup_dir!r}")
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                f"Expected save_freq='epoch' or an integer >= 1. Received: save_freq={save_freq!r}"
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._weights = Path(backup_dir, "latest.weights.h5")
        self._epochs = Path(backup_dir, "training_metadata.json")
        self._epoch = 0  # the number of epochs that are done
        self._batches = 0  # since the last file

    def on_train_begin(self, logs: Logs = None) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, the model must be built before `fit` is called: begin "
                "it with an `Input`, or call it on data. "
                f"Received: model '{self.model.name}', which is not built"
            )
        self._epoch = self._batches = 0
        if self._weights.exists():
            try:
                self._restore(self._weights, self._epochs)
            except (OSError, ValueError):
                if not _before(self._weights).exists():
                    raise
                self._restore(_before(self._weights), _before(self._epochs))

    def _restore(self, weights: Path, epochs: Path) -> None:
        """Read a state, and let ``fit`` begin with the epoch after it."""
        epoch = _epochs_done(epochs) if epochs.exists() else 0
        self.model.load_weights(weights)
        self.model._initial_epoch = self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch + 1
        if self.save_freq == "epoch":
            self._save()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._batches += 1
        if self.save_freq != "epoch" and self._batches >= self.save_freq:
            self._batches = 0
            self._save()

    def _save(self) -> None:
        self._weights.parent.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._epochs):
                if path.exists():
                    shutil.copyfile(path, _before(path))
        self.model.save_weights(self._weights, overwrite=True)
        partial = self._epochs.with_suffix(".partial")
        partial.write_text(json.dumps({"epoch": self._epoch}), encoding="utf-8")
        partial.replace(self._epochs)

    def on_train_end(self, logs: Logs = None) -> None:
        if self.delete_checkpoint:
            shutil.rmtree(self.backup_dir, ignore_errors=True)


def _epochs_done(path: Path) -> int:
    """Return the number of epochs that a file speaks of, or raise a ``ValueError`` that names the file."""
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: expected JSON. Received: {error}. To begin with the first epoch, remove the folder."
        ) from None
    epoch = content.get("epoch") if isinstance(content, dict) else None
    if type(epoch) is not int or epoch < 0:
        raise ValueError(
            f'{path}: expected {{"epoch": <how many are done>}}, an integer >= 0. Received: {text[:80]}. '
            "To begin with the first epoch, remove the folder."
        )
    return epoch


def _before(path: Path) -> Path:
    """Return the path of the state before the last one."""
    return path.with_name(f"before.{path.name}")
