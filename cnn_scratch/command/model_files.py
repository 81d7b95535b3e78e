"""What ``predict`` and ``inspect`` share: their exit codes, their parser, reading a model."""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path

from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.screen import drop_output, print_error
from cnn_scratch.datasets import DatasetError
from cnn_scratch.models.saving import load_model

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, and are raised instead of printed."""

    raw_text = argparse.RawDescriptionHelpFormatter

    def error(self, message: str):
        raise UsageError(f"{message.removeprefix('argument ')} ({self.prog} --help lists all options)")


def run(program: Callable[[], int]) -> int:
    """Run a command; print what went wrong in one line, and return the exit code.

    Returns:
        What the command returned; 2 after bad input, 130 after Ctrl-C, 1 after anything else.
    """
    try:
        return program()
    except (UsageError, DatasetError, ValueError) as error:
        print_error(str(error))
        return WRONG_INPUT
    except KeyboardInterrupt:
        print_error("Stopped by Ctrl-C.")
        return INTERRUPTED
    except BrokenPipeError:  # `… | head` reads a few lines and goes
        drop_output()
        return FAILED
    except MemoryError as error:
        print_error(f"Not enough memory ({error}).")
        return FAILED
    except OSError as error:
        print_error(f"Could not read {error.filename or 'a file'}: {error.strerror or error}.")
        return FAILED


def find(path: str) -> Path:
    """Return the file of a model: itself, or ``model.keras`` in a run folder.

    Raises:
        UsageError: there is none.
    """
    found = Path(path).expanduser()
    if (found / "model.keras").is_file():
        return found / "model.keras"
    if not found.is_file():
        raise UsageError(f"Expected a model file, or a run folder with model.keras in it. Received: {path}")
    return found


def load(path: Path):
    """Return the model of a file, and the warnings that came with it as lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = load_model(path, compile=False)
    return model, [str(warning.message) for warning in caught]
