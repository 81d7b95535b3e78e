"""LambdaCallback: functions in place of a class."""

from collections.abc import Callable

from cnn_scratch.callbacks.callback import Callback


class LambdaCallback(Callback):
    """Calls a function at an event.

    Args:
        on_epoch_begin, on_epoch_end: called as ``function(epoch, logs)``.
        on_train_begin, on_train_end: called as ``function(logs)``.
        on_train_batch_begin, on_train_batch_end: called as ``function(batch, logs)``.
        **others: functions for the other events, or anything to remember.

    Example:
        >>> talk = LambdaCallback(on_epoch_end=lambda epoch, logs: print(f"epoch {epoch}: {logs['loss']}"))
        >>> talk.on_epoch_end(0, {"loss": 0.5})
        epoch 0: 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable | None = None,
        on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None,
        on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None,
        on_train_batch_end: Callable | None = None,
        **others,
    ):
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in (given | others).items():
            if function is not None or name in others:
                setattr(self, name, function)
