"""The options: defaults, values, and a clear line for everything that is wrong."""

import shlex

import numpy as np
import pytest

from cnn_scratch import datasets, optimizers, zoo
from cnn_scratch.command.arguments import MAX_THREADS, nearest, parse
from cnn_scratch.command.errors import UsageError
from cnn_scratch.command.recipes import RECIPES, recipe_for
from cnn_scratch.datasets.loading import NAMED


def test_without_arguments_nothing_is_decided_but_the_data_set():
    options = parse([])
    assert options.dataset == "digits"
    assert (options.seed, options.threads, options.quiet) == (0, MAX_THREADS, False)
    assert options.model is options.epochs is options.batch_size is options.optimizer is None


def test_the_recipe_fills_the_gaps_and_only_those():
    digits = datasets.load("digits")
    options = parse(["--epochs", "3", "--optimizer", "sgd"]).for_dataset(digits)
    recipe = RECIPES["digits"]
    assert (options.epochs, options.optimizer, options.learning_rate) == (3, "sgd", 0.01)
    assert (options.model, options.batch_size) == (recipe.model, recipe.batch_size)
    assert options.validation_split == 0.1
    assert parse(["--validation-split", "0"]).for_dataset(digits).validation_split == 0


@pytest.mark.parametrize("optimizer", optimizers.NAMES)
def test_the_learning_rate_is_the_optimizers_own(optimizer):
    options = parse(["--optimizer", optimizer]).for_dataset(datasets.load("digits"))
    assert options.learning_rate == (0.01 if optimizer == "sgd" else 0.001)  # Keras's
    assert np.float32(options.learning_rate) == np.float32(optimizers.get(optimizer).learning_rate)


def test_recipes_are_of_known_models_and_optimizers():
    assert set(RECIPES) == set(NAMED)  # whatever is loaded by name can be trained by name
    for recipe in RECIPES.values():
        assert recipe.model in zoo.MODELS
        assert recipe.optimizer in optimizers.NAMES
    assert (RECIPES["mnist"].epochs, RECIPES["mnist"].batch_size) == (15, 128)


@pytest.mark.parametrize(("shape", "model"), [((64, 48, 3), "mnist_convnet"), ((9, 40, 1), "lenet")])
def test_the_recipe_of_a_persons_own_images_fits_their_size(shape, model):
    assert recipe_for("photos/", shape).model == model


def test_the_command_reads_back_as_the_same_options(tmp_path):
    words = ["--dataset", "digits", "--image-size", "10x12", "--grayscale", "--learning-rate", "0.1234567"]
    options = parse([*words, "--seed", "9", "--threads", "1", "--output", "x", "--quiet"])
    options = options.for_dataset(datasets.load("digits"))
    again = parse(shlex.split(options.command())[3:])
    for name in vars(options):
        if name not in ("output", "quiet"):
            assert getattr(again, name) == getattr(options, name), name


def test_the_command_names_files_by_their_whole_path(tmp_path, monkeypatch):
    (tmp_path / "my photos").mkdir()
    command = parse(["--dataset", "my photos", "--data-dir", "."]).command()
    assert shlex.split(command)[3:7] == [
        "--dataset",
        str(tmp_path / "my photos"),
        "--data-dir",
        str(tmp_path),
    ]


def test_image_size():
    assert parse(["--image-size", "24x32"]).image_size == (24, 32)
    assert parse(["--image-size", "24"]).image_size == (24, 24)


MESSAGES = [
    (["--epochs", "0"], "--epochs: Expected a whole number of at least 1. Received: '0'."),
    (["--epochs", "-3"], "--epochs: Expected a whole number of at least 1. Received: '-3'."),
    (["--epochs", "1.5"], "--epochs: Expected a whole number of at least 1. Received: '1.5'."),
    (["--batch-size", "0"], "--batch-size: Expected a whole number of at least 1. Received: '0'."),
    (["--batch-size", "many"], "--batch-size: Expected a whole number of at least 1. Received: 'many'."),
    (
        ["--learning-rate", "0"],
        "--learning-rate: Expected a number above 0 that float32 can hold, for example 0.001. Received: '0'.",
    ),
    (["--learning-rate", "nan"], "--learning-rate: Expected a number above 0"),
    (["--learning-rate", "1e39"], "--learning-rate: Expected a number above 0"),
    (["--learning-rate", "1e-50"], "--learning-rate: Expected a number above 0"),
    (["--validation-split", "1"], "--validation-split: Expected a share from 0 to below 1"),
    (["--validation-split", "-0.1"], "--validation-split: Expected a share from 0 to below 1"),
    (["--validation-split", "ten"], "Received: 'ten'."),
    (
        ["--image-size", "28x"],
        "--image-size: Expected an image size as HEIGHTxWIDTH, for example 64x64. Received: '28x'",
    ),
    (["--image-size", "28*28"], "--image-size: Expected an image size as HEIGHTxWIDTH"),
    (["--image-size", "0x28"], "--image-size: Expected image_size between 4x4"),
    (["--dataset", ""], "--dataset: Expected a name. Received: ''."),
    (["--data-dir", ""], "--data-dir: Expected a name. Received: ''."),
    (["--output", ""], "--output: Expected a name. Received: ''."),
    (["--seed", "-1"], "--seed: Expected a whole number from 0 to 4294967295. Received: '-1'."),
    (
        ["--threads", "0"],
        f"--threads: Expected a number of threads from 1 to {MAX_THREADS}, which this machine has.",
    ),
    (["--threads", "100000"], "Received: '100000'."),
    (
        ["--model", "lenett"],
        "Expected one of lenet, mnist_convnet, cifar_seed, vgg_small. Received: 'lenett'.",
    ),
    (["--model", "mnist-convnet"], "Did you mean mnist_convnet?"),
    (["--model", "VGG_small"], "Did you mean vgg_small?"),
    (["--optimizer", "adm"], "Did you mean adam?"),
    (["--optimizer", "Adam"], "Received: 'Adam'. Did you mean adam?"),
    (["--epoch", "3"], "Unknown argument: --epoch. Did you mean --epochs?"),
    (["--lr=3"], "Unknown argument: --lr=3."),
    (["mnist"], "Unknown argument: mnist."),
    (["--epochs"], "--epochs: expected one argument (python -m cnn_scratch.train --help lists all options)"),
]


@pytest.mark.parametrize(("arguments", "message"), MESSAGES, ids=lambda value: " ".join(value)[:30])
def test_messages(arguments, message):
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    text = str(caught.value)
    assert message in text
    assert "\n" not in text
    assert "--help lists all options" in text


@pytest.mark.parametrize("name", optimizers.NAMES)
def test_every_optimizer_can_be_chosen(name):
    """It needs no more than a learning rate, and is written down so that the run can be repeated."""
    options = parse(["--optimizer", name, "--learning-rate", "0.25"])
    optimizer = optimizers.get(options.optimizer)
    optimizer.learning_rate = options.learning_rate
    assert type(optimizer).__name__.lower() == name
    assert optimizer.learning_rate == 0.25
    assert f"--optimizer {name} --learning-rate 0.25" in options.command()


def test_no_optimizer_is_left_out():
    classes = [getattr(optimizers, name) for name in optimizers.__all__ if name[0].isupper()]
    assert {cls.__name__.lower() for cls in classes} - {"optimizer"} == set(optimizers.NAMES)


def test_nothing_is_suggested_that_is_far_away():
    assert nearest("resnet152", zoo.MODELS) == ""


def test_help(capsys):
    with pytest.raises(SystemExit) as caught:
        parse(["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in vars(parse([])):
        assert "--" + name.replace("_", "-") in text
    for part in ("images:", "model and training:", "the run:", "examples:", "Ctrl-C"):
        assert part in text
    assert "lenet for digits, mnist_convnet for mnist and fashion_mnist" in text
