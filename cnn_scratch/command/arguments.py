"""The options of the command: reading them, checking them, saying what is wrong."""

import argparse
import difflib
import math
import os
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numba
import numpy as np

from cnn_scratch import optimizers, zoo
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.program import Parser
from cnn_scratch.command.recipes import RECIPES, recipe_for
from cnn_scratch.datasets import Dataset, DatasetError, parse_image_size

PROGRAM = "python -m cnn_scratch.train"
MAX_SEED = 2**32 - 1
MAX_THREADS = numba.config.NUMBA_NUM_THREADS  # the processors of this machine, or $NUMBA_NUM_THREADS

EXAMPLES = f"""\
examples:
  {PROGRAM}
      handwritten digits that come with the package; no network; a few seconds, but for the first run
  {PROGRAM} --dataset mnist
      Keras's example for MNIST; the files are downloaded once
  {PROGRAM} --dataset photos/ --image-size 64x64 --epochs 30
      pictures of your own: photos/anna/*.jpg, photos/ben/*.jpg, ...
  {PROGRAM} --dataset cifar10 --data-dir ~/cifar --model vgg_small --seed 7 --output runs/vgg-7

Ctrl-C ends a run early; what was reached is saved.
"""


@dataclass(frozen=True)
class Options:
    """All options of a run; ``None`` stands for "as the data set needs it" until `for_dataset`."""

    dataset: str
    data_dir: str | None
    image_size: tuple[int, int] | None
    grayscale: bool
    validation_split: float | None
    model: str | None
    epochs: int | None
    batch_size: int | None
    optimizer: str | None
    learning_rate: float | None
    seed: int
    threads: int
    output: str | None
    quiet: bool

    def for_dataset(self, dataset: Dataset) -> "Options":
        """Return these options with every gap filled from the recipe of the data set."""
        recipe = recipe_for(self.dataset, dataset.input_shape)
        optimizer = self.optimizer or recipe.optimizer
        # Optimizers keep it as float32; written with the digits that this has, 0.001 stays 0.001.
        default_rate = float(str(np.float32(optimizers.get(optimizer).learning_rate)))
        split = recipe.validation_split if self.validation_split is None else self.validation_split
        return replace(
            self,
            model=self.model or recipe.model,
            epochs=self.epochs or recipe.epochs,
            batch_size=self.batch_size or recipe.batch_size,
            optimizer=optimizer,
            learning_rate=self.learning_rate or default_rate,
            validation_split=split,
        )

    def command(self) -> str:
        """Return the command that repeats this run from any folder (into a run folder of its own)."""
        words = PROGRAM.split()
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("output", "quiet") or value is None or value is False:
                continue
            words.append("--" + field.name.replace("_", "-"))
            if value is not True:
                words.append(self._word(field.name, value))
        return shlex.join(words)

    def _word(self, name: str, value) -> str:
        if name == "image_size":
            return f"{value[0]}x{value[1]}"
        if name == "data_dir" or (name == "dataset" and value not in RECIPES):
            return str(Path(os.path.expanduser(value)).resolve())
        return str(value)


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Return the options written on the command line.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Raises:
        UsageError: an unknown option, or a value out of range.
        SystemExit: after printing the help.
    """
    parser = _make_parser()
    namespace, unknown = parser.parse_known_args(arguments)
    if unknown:
        options = ["--" + field.name.replace("_", "-") for field in fields(Options)]
        guess = nearest(unknown[0].split("=")[0], options)
        raise UsageError(f"Unknown argument: {unknown[0]}.{guess} ({PROGRAM} --help lists all options)")
    return Options(**vars(namespace))


def _make_parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [options]",
        description="Train a convolutional network on images, and leave a folder with the result.",
        epilog=EXAMPLES,
    )
    _add_data_options(parser.add_argument_group("images"))
    _add_training_options(parser.add_argument_group("model and training"))
    _add_run_options(parser.add_argument_group("the run"))
    return parser


def _add_data_options(group) -> None:
    group.add_argument(
        "--dataset",
        type=_name,
        default="digits",
        metavar="NAME",
        help=f"{', '.join(RECIPES)}; or a folder with one sub-folder of images per class (and, if you like, "
        "train/ and test/ above them); or a file .npz. Default: digits",
    )
    group.add_argument(
        "--data-dir",
        type=_name,
        metavar="DIR",
        help="read a named data set from here, and not from the network",
    )
    group.add_argument(
        "--image-size",
        type=_image_size,
        metavar="HxW",
        help="resize all images, to 64x64 for example. Default: as they are, or 64x64 if they differ",
    )
    group.add_argument("--grayscale", action="store_true", help="turn colour into gray")
    group.add_argument(
        "--validation-split",
        type=_share,
        metavar="SHARE",
        help="share of the training images, of every class alike, that is not learnt from but looked at "
        "after each epoch; 0 for none. Default: 0.1",
    )


def _add_training_options(group) -> None:
    group.add_argument(
        "--model",
        type=_one_of(zoo.MODELS),
        metavar="NAME",
        help=f"{', '.join(zoo.MODELS)}. Default: {_defaults('model')}; for images of your own, mnist_convnet "
        "(lenet if they are tiny)",
    )
    group.add_argument(
        "--epochs",
        type=positive_integer,
        metavar="N",
        help=f"how often every training image is seen. Default: {_defaults('epochs')}; "
        "20 for images of your own",
    )
    group.add_argument(
        "--batch-size",
        type=positive_integer,
        metavar="N",
        help=f"images per step. Default: {_defaults('batch_size')}; 32 for images of your own",
    )
    group.add_argument(
        "--optimizer",
        type=_one_of(optimizers.NAMES),
        metavar="NAME",
        help=f"{', '.join(optimizers.NAMES)}. Default: adam",
    )
    group.add_argument(
        "--learning-rate",
        type=_positive_number,
        metavar="X",
        help="Default: the optimizer's own, as in Keras",
    )


def _add_run_options(group) -> None:
    group.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="of all that is random: the same seed gives the same weights, bit for bit. Default: 0",
    )
    group.add_argument(
        "--threads",
        type=threads,
        default=MAX_THREADS,
        metavar="N",
        help="how many to use; the result does not depend on it. Default: %(default)s, all of this machine",
    )
    group.add_argument(
        "--output",
        type=_name,
        metavar="DIR",
        help="the run folder, new or empty. Default: runs/<dataset>-<model>-<date>-<time>",
    )
    group.add_argument("--quiet", action="store_true", help="print the result only")


def _defaults(attribute: str) -> str:
    """Return the values of all recipes in words: "mnist_convnet for mnist and fashion_mnist, …"."""
    names: dict[str, list[str]] = {}
    for name, recipe in RECIPES.items():
        names.setdefault(str(getattr(recipe, attribute)), []).append(name)
    return ", ".join(f"{value} for {' and '.join(sets)}" for value, sets in names.items())


# Values -------------------------------------------------------------------------------------------


def _expected(what: str, text: str, advice: str = "") -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"Expected {what}. Received: {text!r}.{advice}")


def _name(text: str) -> str:
    """Return the text; nothing at all, as of a shell variable that is not set, would mean this folder."""
    if not text:
        raise _expected("a name", text)
    return text


def _integer(text: str, what: str, low: int, high: float = math.inf) -> int:
    try:
        number = int(text)
    except ValueError:
        raise _expected(what, text) from None
    if not low <= number <= high:
        raise _expected(what, text)
    return number


def _number(text: str, what: str, fits: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _expected(what, text) from None
    if not fits(number):
        raise _expected(what, text)
    return number


def positive_integer(text: str) -> int:
    """Return a whole number of at least 1, or raise what a parser understands."""
    return _integer(text, "a whole number of at least 1", 1)


def _seed(text: str) -> int:
    return _integer(text, f"a whole number from 0 to {MAX_SEED}", 0, MAX_SEED)


def threads(text: str) -> int:
    """Return a number of threads that this machine has, or raise what a parser understands."""
    what = f"a number of threads from 1 to {MAX_THREADS}, which this machine has"
    return _integer(text, what, 1, MAX_THREADS)


def _positive_number(text: str) -> float:
    def fits(number: float) -> bool:
        with np.errstate(over="ignore", under="ignore"):
            return 0 < np.float32(number) < math.inf  # as the optimizers keep it

    return _number(text, "a number above 0 that float32 can hold, for example 0.001", fits)


def _share(text: str) -> float:
    return _number(text, "a share from 0 to below 1, for example 0.1", lambda number: 0 <= number < 1)


def _image_size(text: str) -> tuple[int, int]:
    try:
        return parse_image_size(text)
    except DatasetError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _one_of(names: Iterable[str]) -> Callable[[str], str]:
    names = list(names)

    def check(text: str) -> str:
        if text in names:
            return text
        raise _expected(f"one of {', '.join(names)}", text, nearest(text, names))

    return check


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean …?`` for the nearest known word, or nothing if none is near."""
    found = difflib.get_close_matches(word.lower().replace("-", "_"), known, n=1)
    found = found or difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {found[0]}?" if found else ""
