"""``python -m cnn_scratch.profile``: where the time of a training step, or of a prediction, goes.

It takes a model of the zoo or of a file, lets it work on random inputs, and prints a table: for every
layer, forward and backward, the time, GFLOP/s, bytes, and how near it comes to what this machine can do.
"""

import sys
from collections.abc import Sequence

from cnn_scratch import config
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.profile_options import ProfileOptions, parse
from cnn_scratch.command.profile_run import check_folder, measure, write
from cnn_scratch.command.screen import Screen, drop_output, never_fail_to_print, print_error
from cnn_scratch.profiling.profile import HEADER

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Returns:
        The exit code: 0, or 2 after bad input, 130 after Ctrl-C, 1 after anything else that went
        wrong.
    """
    try:
        return profile(parse(arguments))
    except (UsageError, ValueError) as error:
        print_error(str(error))
        return WRONG_INPUT
    except KeyboardInterrupt:
        print_error("Stopped by Ctrl-C.")
        return INTERRUPTED
    except BrokenPipeError:  # `… | head` reads a few lines and goes
        drop_output()
        return FAILED
    except MemoryError as error:
        print_error(f"Not enough memory ({error}). Choose a smaller --batch-size.")
        return FAILED
    except FileNotFoundError as error:
        print_error(str(error))
        return WRONG_INPUT
    except OSError as error:
        print_error(f"Could not read or write {error.filename or 'a file'}: {error.strerror or error}.")
        return FAILED


def profile(options: ProfileOptions) -> int:
    """Do what the options describe; return the exit code."""
    screen = Screen()
    config.set_num_threads(options.threads)
    check_folder(options.output)
    result = measure(options, screen)
    screen.say()
    screen.table(result.title(), HEADER, result.rows())
    screen.say()
    for note in result.notes():
        screen.say(note)
    if options.output:
        for line in write(options.output, result):
            screen.say(line)
    return DONE


if __name__ == "__main__":
    never_fail_to_print()
    sys.exit(main())
