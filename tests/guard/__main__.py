"""Count the work of every model of the zoo, and print it: ``python -m tests.guard [--write]``."""

import argparse

from cnn_scratch import zoo
from cnn_scratch.tables import plain_table
from tests.guard import table
from tests.guard.counting import count_in_a_fresh_process


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.guard", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help=f"write {table.FILE.name}, the limits of the test"
    )
    options = parser.parse_args()
    counts = {model: count_in_a_fresh_process(model) for model in zoo.MODELS}
    rows = [
        [count.title, *(table.number(counts[model][name]) for model in counts)]
        for name, count in table.COUNTS.items()
    ]
    print(plain_table("The work of a training step, batch 32", ["", *counts], rows))
    if options.write:
        table.write(counts)
        print(f"Wrote {table.FILE}.")


if __name__ == "__main__":
    main()
