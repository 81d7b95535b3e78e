"""``python -m cnn_scratch.predict``: what a trained model sees in images of any size."""

import sys
from collections.abc import Sequence

from cnn_scratch.command.arguments import positive_integer
from cnn_scratch.command.model_files import find, load
from cnn_scratch.command.prediction import Prediction, predict_image, preparation_of
from cnn_scratch.command.program import DONE, WRONG_INPUT, Parser, run
from cnn_scratch.command.screen import never_fail_to_print, print_error, printable, printable_json
from cnn_scratch.datasets import DatasetError

PROGRAM = "python -m cnn_scratch.predict"
EXAMPLES = f"""\
examples:
  {PROGRAM} runs/mnist-mnist_convnet-20260101-120000 digit.png
      the model of a run folder
  {PROGRAM} model.keras *.jpg --top 1 --json
      for programs
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Returns:
        The exit code; see ``command/program.py``.
    """
    return run(lambda: predict(arguments), bad_input=(ValueError,))


def predict(arguments: Sequence[str] | None) -> int:
    """Do what the options say; return the exit code."""
    parser = Parser(
        prog=PROGRAM,
        description="Name the classes that a trained model sees in images, with their probabilities.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file, or a run folder")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="PNG, JPEG, PGM, PPM, BMP or GIF files")
    parser.add_argument(
        "--top", type=positive_integer, default=5, metavar="K", help="how many classes to name. Default: 5"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON text instead of lines")
    options = parser.parse_args(arguments)

    model, notes = load(find(options.model))
    preparation, assumed = preparation_of(model)
    for note in notes + assumed:
        print(f"note: {printable(note)}", file=sys.stderr)
    predictions = []
    for image in options.images:
        try:
            predictions.append(predict_image(model, preparation, image, options.top))
        except DatasetError as error:  # one damaged file must not cost the answers for all others
            print_error(str(error))
    if options.json:
        print(printable_json([prediction.to_json() for prediction in predictions]))
    else:
        print_lines(predictions)
    return DONE if len(predictions) == len(options.images) else WRONG_INPUT


def print_lines(predictions: Sequence[Prediction]) -> None:
    """Print every image with its classes below it."""
    for prediction in predictions:
        print(printable(prediction.image))
        classes = [(printable(name), value) for name, value in prediction.classes]
        width = max(len(name) for name, _ in classes)
        for name, value in classes:
            shown = f"{100 * value:6.2f} %" if prediction.probabilities else f"{value:.6g}"
            print(f"  {name.ljust(width)}  {shown}")


if __name__ == "__main__":
    never_fail_to_print()
    sys.exit(main())
