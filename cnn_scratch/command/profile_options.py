"""The options of ``python -m cnn_scratch.profile``."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_scratch import zoo
from cnn_scratch.command.arguments import MAX_THREADS, nearest, positive_integer, threads
from cnn_scratch.command.program import Parser

PROGRAM = "python -m cnn_scratch.profile"
FILES = (".keras", ".h5")  # what a whole model's file ends in
EXAMPLES = f"""\
examples:
  {PROGRAM} mnist_convnet
      training, 128 images per step
  {PROGRAM} vgg_small --steps 5 --output profile/
      the table as profile.csv and a picture of it as well
  {PROGRAM} mnist_convnet --predict --batch-size 1
      one image through the network
  {PROGRAM} model.keras --batch-size 16
      a model of your own, on random inputs; for training it must have been compiled when it was saved
"""


@dataclass(frozen=True)
class ProfileOptions:
    """All options of the command."""

    model: str
    batch_size: int
    steps: int
    threads: int
    predict: bool
    output: Path | None


def parse(arguments: Sequence[str] | None = None) -> ProfileOptions:
    """Return the options written on the command line.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Raises:
        UsageError: an unknown option or model, or a value out of range.
        SystemExit: after printing the help.
    """
    return ProfileOptions(**vars(_make_parser().parse_args(arguments)))


def _make_parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Show where the time of a training step, or of a prediction, goes.",
        epilog=EXAMPLES,
    )
    add = parser.add_argument
    add(
        "model",
        type=_model,
        metavar="MODEL",
        help=f"{', '.join(zoo.MODELS)}; or a model's file (.keras), or a run folder",
    )
    add(
        "--batch-size",
        type=positive_integer,
        default=128,
        metavar="N",
        help="images per step. Default: %(default)s",
    )
    add(
        "--steps",
        type=positive_integer,
        default=10,
        metavar="K",
        help="steps to measure; the times are medians over them. Default: %(default)s",
    )
    add(
        "--threads",
        type=threads,
        default=MAX_THREADS,
        metavar="T",
        help="how many to use. Default: %(default)s, all of this machine",
    )
    add("--predict", action="store_true", help="measure predictions instead of training steps")
    add("--output", type=_folder, metavar="FOLDER", help="where to write profile.csv and profile.png")
    return parser


def _folder(text: str) -> Path:
    return Path(os.path.expanduser(text))  # a shell leaves --output=~/profile as it is


def _model(text: str) -> str:
    if text in zoo.MODELS:
        return text
    path = Path(os.path.expanduser(text))
    if path.suffix in FILES:
        return str(path)
    in_run_folder = path / "model.keras"
    if in_run_folder.is_file():
        return str(in_run_folder)
    raise argparse.ArgumentTypeError(
        f"Expected one of {', '.join(zoo.MODELS)}, a file that ends in .keras, or a run folder. "
        f"Received: {text!r}.{nearest(text, zoo.MODELS)}"
    )
