"""The base class of callbacks, and a list that passes every event on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Logs = dict[str, float] | None


class Callback:
    """Is told what happens during ``fit`` and ``evaluate``; every method does nothing by default.

    Set ``self.model.stop_training = True`` to end the training after the current batch.

    Attributes:
        model: the model that is trained.
        params: ``epochs``, ``steps`` per epoch, ``samples``, ``batch_size`` (``None`` where they are not
            known before the first epoch ends) and ``verbose``.

    Both are ``None`` before the first run.
    """

    model: Any = None
    params: dict[str, Any] | None = None

    def set_model(self, model) -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """Training begins."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Training has ended."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Epoch number ``epoch``, counted from 0, begins."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """An epoch has ended; ``logs`` holds its loss and metrics, and those of the validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A training step begins; calls ``on_batch_begin``, another name of the same event."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A training step has ended; ``logs`` holds the running means. Calls ``on_batch_end``."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A training step begins."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A training step has ended; ``logs`` holds the running means of the epoch."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """An evaluation begins."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The evaluation of a batch begins."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A batch has been evaluated."""

    def on_test_end(self, logs: Logs = None) -> None:
        """An evaluation has ended."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """A prediction begins."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The prediction of a batch begins."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A batch has been predicted; ``logs["outputs"]`` is the list of the model's outputs."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """A prediction has ended."""


class CallbackList:
    """Passes every event on to each callback, in order.

    Args:
        callbacks: one callback, a list of them (or of such lists), or ``None``.

    Raises:
        ValueError: something that is no callback.
    """

    def __init__(self, callbacks=None):
        self.callbacks = list(_one_by_one(callbacks))

    def introduce(self, model, params: dict) -> None:
        """Tell every callback the model and the plan."""
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def __getattr__(self, event: str):
        """Return a function that calls the method ``event`` of every callback, with logs in any case."""
        if not event.startswith("on_"):
            raise AttributeError(event)
        methods = [getattr(callback, event) for callback in self.callbacks]
        numbered = "epoch" in event or "batch" in event

        def tell(*arguments):
            if len(arguments) == numbered:
                arguments = (*arguments, {})
            for method in methods:
                method(*arguments)

        return tell


def _one_by_one(callbacks: Any) -> Iterator[Callback]:
    """Yield the callbacks in whatever form they were given."""
    if isinstance(callbacks, CallbackList):
        callbacks = callbacks.callbacks
    if isinstance(callbacks, Callback):
        yield callbacks
    elif isinstance(callbacks, Iterable) and not isinstance(callbacks, str | Mapping):
        for one in callbacks:
            yield from _one_by_one(one)
    elif callbacks is not None:
        raise ValueError(f"Expected a Callback object, or a list of them. Received: {callbacks!r}")
