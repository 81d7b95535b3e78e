"""PyDataset: batches that are made one by one, by a class of one's own."""

from typing import Any


class PyDataset:
    """Data that do not fit into memory: a subclass makes any batch when it is asked for.

    It writes ``__len__`` (or ``num_batches``) and ``__getitem__``, and may write ``on_epoch_begin`` and
    ``on_epoch_end``. ``fit`` asks for the batches in an order that is drawn anew for each epoch (with
    ``shuffle=True``).

    Args:
        workers, use_multiprocessing, max_queue_size: of Keras; accepted, without a meaning here: a
            batch is made when its step begins.

    Example:
        >>> import numpy as np
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, index):
        ...         x = np.arange(32 * index, 32 * index + 32).reshape(-1, 1)
        ...         return x, x**2
        >>> squares = Squares()
        >>> squares.num_batches, squares[1][1].shape
        (10, (32, 1))
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Return batch number ``index``: (x,), (x, y) or (x, y, sample_weight)."""
        raise NotImplementedError

    @property
    def num_batches(self) -> int | None:
        """The number of batches; ``None`` if there is no end."""
        if not hasattr(self, "__len__"):
            raise NotImplementedError(
                f"You need to implement either `__len__()` or `num_batches` in {type(self).__name__}."
            )
        return len(self)

    def on_epoch_begin(self) -> None:
        """Is called before the first batch of an epoch."""

    def on_epoch_end(self) -> None:
        """Is called after the last batch of an epoch."""
