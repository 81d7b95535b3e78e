"""What the callbacks that watch one number have in common."""

import warnings

import numpy as np

from cnn_scratch.callbacks.callback import Callback

MODES = ("auto", "min", "max")


class Monitor(Callback):
    """Knows which number is watched, and whether a new one is better than an old one.

    Args:
        monitor: the name in the logs, ``"val_loss"``.
        mode: ``"min"`` if a smaller number is better, ``"max"`` if a larger one is; ``"auto"`` asks the
            metric of that name.
        baseline: the first number to beat, if there is one.
        min_delta: a change by less than this is none.
    """

    def __init__(self, monitor: str, mode: str = "auto", baseline: float | None = None, min_delta: float = 0):
        if mode not in MODES:
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Return whether ``value`` is better than ``reference`` (anything is better than ``None``).

        Raises:
            ValueError: several numbers, or it is not known which is better.
        """
        if np.ndim(value):
            raise ValueError(
                f"{type(self).__name__} callback expected monitor={self.monitor} to be one number. "
                f"Received: {value} (of an F-score, say; `average='macro'` makes one number of it)"
            )
        larger_is_better = self._larger_is_better()  # asked first: who cannot tell says so in the first epoch
        if reference is None:
            return True
        if larger_is_better:
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _larger_is_better(self) -> bool:
        """Return the direction, or raise a ``ValueError`` if it is not known."""
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        trainer = getattr(self.model, "trainer", None)
        metric = trainer.named_metrics().get(name) if trainer else None
        if metric is not None and metric.direction is not None:
            return metric.direction == "up"
        if name == "loss" or name.endswith("_loss"):
            return False
        raise ValueError(
            f"{type(self).__name__} callback received monitor={self.monitor}, but cannot determine whether "
            "that metric should be maximized or minimized. Pass `mode='max'` or `mode='min'`."
        )
