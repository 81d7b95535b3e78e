"""``python -m cnn_scratch.profile``: where the time of a training step, or of a prediction, goes.

It takes a model of the zoo or of a file, lets it work on random inputs, and prints a table: for every
layer, forward and backward, the time, GFLOP/s, bytes, and how near it comes to what this machine can do. Then
the times as a bar chart.
"""

import sys
from collections.abc import Sequence

from cnn_scratch import config
from cnn_scratch.command.profile_options import ProfileOptions, parse
from cnn_scratch.command.profile_run import make_folder, measure, write
from cnn_scratch.command.program import DONE, run
from cnn_scratch.command.screen import Screen, never_fail_to_print
from cnn_scratch.profiling.profile import HEADER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Returns:
        The exit code; see ``command/program.py``.
    """
    return run(
        lambda: profile(parse(arguments)),
        bad_input=(ValueError, FileNotFoundError),  # of a model's file
        memory_advice="Choose a smaller --batch-size.",
    )


def profile(options: ProfileOptions) -> int:
    """Do what the options describe; return the exit code."""
    screen = Screen()
    config.set_num_threads(options.threads)
    make_folder(options.output)
    result = measure(options, screen)
    screen.say()
    screen.table(result.title(), HEADER, result.rows())
    for line in ["", *result.bars(), "", *result.notes()]:
        screen.say(line)
    if options.output:
        for line in write(options.output, result):
            screen.say(line)
    return DONE


if __name__ == "__main__":
    never_fail_to_print()
    sys.exit(main())
