"""Progress: a live bar in a terminal, one line per epoch in a log."""

import sys
import time

import numpy as np

from cnn_scratch.callbacks.callback import Callback, Logs


class Progress(Callback):
    """Shows how far a run is: epoch, batch, images per second, time left, loss and metrics.

    The live bar needs a terminal and the package rich; without either, each epoch is one line.

    Args:
        verbose: 0 says nothing, 1 shows the bar, 2 prints lines, ``"auto"`` is 1.

    Raises:
        ValueError: another ``verbose``.
    """

    def __init__(self, verbose: int | str = "auto"):
        if verbose not in (0, 1, 2, "auto", True, False):
            raise ValueError(f"`verbose` must be 0, 1, 2 or 'auto'. Received: verbose={verbose!r}")
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self._bar = None
        self._epoch = 0
        self._started = 0.0

    def on_test_begin(self, logs: Logs = None) -> None:
        self._started = time.perf_counter()
        self._start_bar("Evaluate")

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch
        self._started = time.perf_counter()
        self._start_bar(self._title())

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._advance(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        seconds = time.perf_counter() - self._started
        samples = self.params["samples"]
        speed = f" · {samples / seconds:,.0f} img/s" if samples else ""
        self._finish(f"{self._title()} · {seconds:.1f} s{speed}", logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self.close()

    def on_test_end(self, logs: Logs = None) -> None:
        samples = self.params["samples"]
        self._finish("Evaluation" if samples is None else f"{samples} samples", logs)

    def _title(self) -> str:
        return f"Epoch {self._epoch + 1}/{self.params['epochs']}"

    def _start_bar(self, title: str) -> None:
        self._bar = _new_bar() if self.verbose == 1 and sys.stdout.isatty() else None
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task(title, total=self.params["steps"], speed="", results="")

    def _advance(self, batch: int, logs: Logs) -> None:
        if not self._bar:
            return
        seconds = time.perf_counter() - self._started
        if self.params["samples"] is None:
            speed = f"{(batch + 1) / seconds:,.1f} batches/s"
        else:
            done = min((batch + 1) * self.params["batch_size"], self.params["samples"])
            speed = f"{done / seconds:,.0f} img/s"
        self._bar.update(self._task, completed=batch + 1, speed=speed, results=describe(logs))

    def close(self) -> None:
        """Take a bar that is still there off the screen (a run can end in the middle of an epoch)."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _finish(self, title: str, logs: Logs) -> None:
        self.close()
        if self.verbose:
            print(f"{title} · {describe(logs)}", flush=True)


def describe(logs: Logs) -> str:
    """Return the loss and metrics in one line."""
    return " · ".join(f"{name} {np.mean(value):.4f}" for name, value in (logs or {}).items())


def _new_bar():
    """Return a progress bar of rich, or ``None`` if the package is not installed."""
    try:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        return None
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[results]}"),
        transient=True,
    )
