"""What the command says: plain text, with colours and frames only where a terminal shows them."""

import json
import os
import sys
import time

from cnn_scratch.tables import plain_table, print_rich_table


class Screen:
    """Standard output, as the command uses it.

    Args:
        quiet: whether everything but results is left out.
    """

    def __init__(self, quiet: bool = False):
        self.quiet = quiet
        self.live = sys.stdout.isatty() and not quiet
        self._loading = ""  # what is being loaded at the moment
        self._percentage = ""  # as it stands on the terminal

    def say(self, text: str = "") -> None:
        """Print a line, unless the command is to be quiet."""
        if not self.quiet:
            print(text, flush=True)

    def result(self, text: str) -> None:
        """Print a line in any case."""
        print(text, flush=True)

    def error(self, text: str) -> None:
        """Print a line on standard error, in any case."""
        print_error(text)

    def loading(self, what: str, done: int, total: int) -> None:
        """Show how far the loading of data is: a percentage in a terminal, one line in a log."""
        if self.live:
            self.end_loading()
            self._percentage = f"{what}: {done / total:.0%}" if total else f"{what}: {done:,}"
            print(self._percentage, end="", flush=True)
        elif what != self._loading:
            self.say(f"{what} ...")
        self._loading = what

    def end_loading(self) -> None:
        """Take the percentage off the terminal."""
        if self._percentage:
            print(f"\r{' ' * len(self._percentage)}\r", end="", flush=True)
        self._percentage = ""

    def wait_for(self, what: str) -> "Wait":
        """Return a context that says what is awaited, and how long it took: "Compiling ... 8.2 s"."""
        return Wait(self, what)

    def table(self, title: str, header: list[str], rows: list[list[str]]) -> None:
        """Print a table; the first column holds names, the others numbers.

        With rich and a terminal it has colours (none if ``NO_COLOR`` is set); otherwise it is
        plain text.
        """
        if self.quiet:
            return
        if not (self.live and print_rich_table(title, header, rows)):
            print(plain_table(title, header, rows), flush=True)


class Wait:
    """Says what is awaited at the beginning, and the seconds at the end, on one line."""

    def __init__(self, screen: Screen, what: str):
        self.screen, self.what = screen, what

    def __enter__(self) -> None:
        self.started = time.perf_counter()
        if not self.screen.quiet:
            print(f"{self.what} ...", end="", flush=True)

    def __exit__(self, kind, error, traceback) -> None:
        self.screen.say(f" {time.perf_counter() - self.started:.1f} s" if kind is None else "")


def never_fail_to_print() -> None:
    """Let standard output replace what its encoding does not have (┏, ·) instead of raising an error.

    A program without a terminal may be started with these streams closed, and writes to nowhere then.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  it stays open
        getattr(sys, name).reconfigure(errors="replace")


def drop_output() -> None:
    """Send the rest of standard output nowhere: whoever was reading it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(text: str) -> None:
    """Print what went wrong on standard error, in one line."""
    print(f"error: {printable(' '.join(text.split()))}", file=sys.stderr, flush=True)


def printable_json(value) -> str:
    r"""Return JSON text in which characters are escaped that a terminal would obey, or standard output lacks.

    >>> print(printable_json(["é \x9b \u202e"]))
    [
      "é \u009b \u202e"
    ]
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(one if one == "\n" or can_be_shown(one) else json.dumps(one)[1:-1] for one in text)


def can_be_shown(character: str) -> bool:
    """Return whether a character is visible, and one of the encoding of standard output."""
    try:
        character.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return character.isprintable()


def printable(text: str) -> str:
    r"""Return a line with escapes in place of characters that a terminal would obey instead of showing.

    The names in a model file may come from anybody.

    >>> printable("a dog, \x1b[2J\n")
    'a dog, \\x1b[2J\\n'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
