"""A second process that compiles kernels while this one compiles others.

Numba compiles one function at a time in a process, whatever the number of threads. So the work is shared
with a process of its own; what it compiles is found on disk (``machine_code.py``). The two talk in lines:

* this process writes an order, one line; what is in it is a matter for the other one;
* before it compiles a kernel, the other one writes the name of its machine code;
* it is answered ``yes``, or ``no`` if this process has come there first. Its next question means that it has
  finished.

Nothing here depends on the other process. It may fail, die, hang or talk nonsense: then this one compiles
what is missing, at worst ``PATIENCE`` seconds later.
"""

import contextlib
import subprocess
import threading
from collections.abc import Sequence

# The longest that is waited for a kernel that the other process is compiling. The longest takes five seconds.
PATIENCE = 20.0
# What a process may take to end when nothing more is asked of it.
FAREWELL = 5.0
LONGEST_NAME = 1000  # bytes


class SecondProcess:
    """A running process, and what is known of its work. It ends with this process, or with ``stop``.

    Args:
        command: the program and its arguments.
        order: the first line that it is given.
        environment: its environment variables.

    Raises:
        OSError: there can be no such process.
    """

    def __init__(self, command: Sequence[str], order: bytes, environment: dict[str, str]):
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open a console
        )
        self._changed = threading.Condition()
        self._begun: str | None = None  # what the process is compiling
        self._taken: set[str] = set()  # what this process compiles
        # A daemon: this process ends without waiting for it, and the other one sees its input end.
        self._listener = threading.Thread(target=self._listen, args=(order,), daemon=True)
        self._listener.start()

    def wait_for(self, name: str) -> None:
        """Return when the process is not compiling ``name`` (any more); from now on it never will."""
        with self._changed:
            self._taken.add(name)
            if not self._changed.wait_for(lambda: self._begun != name, PATIENCE):
                self._process.kill()

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()

    def _listen(self, order: bytes) -> None:
        """Give the order, answer the questions, and see the process to its end: what a thread does."""
        process = self._process
        with process.stdout, contextlib.suppress(OSError), process.stdin:  # an error: it reads no more
            process.stdin.write(order + b"\n")
            while question := process.stdout.readline(LONGEST_NAME):
                process.stdin.write(self._answer(question.decode(errors="replace").strip()))
        self._begins(None)
        try:
            process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answer(self, name: str) -> bytes:
        with self._changed:
            is_free = name not in self._taken
            self._begins(name if is_free else None)
        return b"yes\n" if is_free else b"no\n"

    def _begins(self, name: str | None) -> None:
        with self._changed:
            self._begun = name
            self._changed.notify_all()
