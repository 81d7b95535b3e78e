"""What every command does alike: it reads its options, and it ends with an exit code and one line at most."""

import argparse
from collections.abc import Callable

from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.screen import drop_output, print_error
from cnn_scratch.datasets import DatasetError

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, and are raised instead of printed.

    Args:
        prog: how the command is called.
        description: what it does, in a sentence.
        options: of ``argparse.ArgumentParser``; an ``epilog`` is printed as it stands.
    """

    def __init__(self, prog: str, description: str, **options):
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **options,
        )

    def error(self, message: str):
        raise UsageError(f"{message.removeprefix('argument ')} ({self.prog} --help lists all options)")


def run(
    program: Callable[[], int],
    bad_input: tuple[type[Exception], ...] = (UsageError, DatasetError),
    memory_advice: str = "",
) -> int:
    """Run a command; print what went wrong in one line, and return the exit code.

    Args:
        program: does all of it, and returns its exit code.
        bad_input: the errors whose message tells the person what to change.
        memory_advice: what to do when memory runs out.

    Returns:
        What the program returned (0 when all went well); 2 after bad input, 130 after Ctrl-C, 1 after
        anything else that was foreseen. An error that was not foreseen is a bug, and is raised.
    """
    try:
        return program()
    except bad_input as error:
        print_error(str(error))
        return WRONG_INPUT
    except KeyboardInterrupt:
        print_error("Stopped by Ctrl-C.")
        return INTERRUPTED
    except FloatingPointError as error:
        print_error(f"{error} Take a smaller --learning-rate.")
        return FAILED
    except BrokenPipeError:  # `… | head` reads a few lines and goes
        drop_output()
        return FAILED
    except MemoryError as error:
        print_error(f"Not enough memory ({error}). {memory_advice}")
        return FAILED
    except OSError as error:
        print_error(f"Could not read or write {error.filename or 'a file'}: {error.strerror or error}.")
        return FAILED
