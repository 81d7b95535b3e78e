"""``python -m cnn_scratch.inspect``: what is in a model file, without trusting it.

Nothing in the file is run; see ``cnn_scratch/models/saving``.
"""

import sys
from collections.abc import Sequence

from cnn_scratch.command.inspection import describe
from cnn_scratch.command.model_files import find
from cnn_scratch.command.program import DONE, Parser, run
from cnn_scratch.command.screen import never_fail_to_print, printable

PROGRAM = "python -m cnn_scratch.inspect"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Returns:
        The exit code; see ``command/program.py``.
    """
    return run(lambda: inspect(arguments), bad_input=(ValueError,))


def inspect(arguments: Sequence[str] | None) -> int:
    """Do what the options say; return the exit code."""
    parser = Parser(
        prog=PROGRAM,
        description="Show the layers, shapes, versions and notes of a model file, and make its self-test.",
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras, .weights.h5 or .h5 file, or a run folder")
    options = parser.parse_args(arguments)
    for line in describe(find(options.model)):
        print(printable(line))
    return DONE


if __name__ == "__main__":
    never_fail_to_print()
    sys.exit(main())
