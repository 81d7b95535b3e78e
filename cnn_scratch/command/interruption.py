"""Ctrl-C while a model is trained: the first one ends the training, none disturbs the saving after it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def one_interruption() -> Iterator[Callable[[], None]]:
    """Let one Ctrl-C through, as a ``KeyboardInterrupt``, and pass over those that follow, until the end.

    People press it twice. The second one would hit the saving of what the first one was to keep.

    Yields:
        A function after which none gets through at all.
    """

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def interrupt(number, frame) -> None:
        ignore()
        raise KeyboardInterrupt

    # Whoever started the program may have decided otherwise; and only the main thread is ever interrupted.
    is_python_s_own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_python_s_own or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield ignore
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
