"""``python -m cnn_scratch.train``: train a network on images and leave a folder with the result.

From top to bottom: read the options, load the images, make the model, train it, look at the
held-out images, write everything down. Each step is a file in ``cnn_scratch/command``.
"""

import sys
from collections.abc import Sequence

from cnn_scratch import config
from cnn_scratch.command import run_folder
from cnn_scratch.command.arguments import Options, parse
from cnn_scratch.command.data import load_dataset, split_training_images
from cnn_scratch.command.evaluation import evaluate
from cnn_scratch.command.interruption import one_interruption
from cnn_scratch.command.pictures import draw_pictures
from cnn_scratch.command.program import DONE, FAILED, INTERRUPTED, run
from cnn_scratch.command.report import show_results, tell_how_it_ended, tell_what_is_missing
from cnn_scratch.command.screen import Screen, never_fail_to_print
from cnn_scratch.command.training import fit, make_model, warm_up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: the words after the program's name; those of this process if ``None``.

    Returns:
        The exit code; see ``command/program.py``.
    """
    return run(
        lambda: train(parse(arguments)),
        memory_advice="Choose a smaller --batch-size or --image-size.",
    )


def train(options: Options) -> int:
    """Do the whole run that the options describe; return the exit code."""
    screen = Screen(options.quiet)
    config.set_num_threads(options.threads)
    run_folder.check_output(options.output)

    dataset = load_dataset(options, screen)
    options = options.for_dataset(dataset)
    split = split_training_images(dataset, options.validation_split, options.seed)

    warm_up(make_model(options, dataset), dataset, screen)
    model = make_model(options, dataset)
    model.summary(print_fn=screen.say)
    description = run_folder.describe_run(options, dataset, model)  # it takes a while, so no folder yet
    folder = run_folder.make_run_folder(options, dataset)
    run_folder.write_config(folder, description)

    with one_interruption() as ignore_more:
        training = fit(model, split, options)
        ignore_more()
        saved = run_folder.write_model(folder, model, dataset)
        run_folder.write_history(folder, training)
    tell_how_it_ended(screen, training, saved)
    if training.not_finite is not None:
        return FAILED

    evaluation = evaluate(model, dataset, options.batch_size)
    run_folder.write_results(folder, training, evaluation, dataset.class_names)
    title = f"{dataset.name}, {options.model}"
    pictures = draw_pictures(folder, dataset, training.history.history, evaluation, title)
    show_results(screen, dataset, training, evaluation, folder)
    tell_what_is_missing(screen, pictures)
    return INTERRUPTED if training.interrupted else DONE


if __name__ == "__main__":
    never_fail_to_print()
    sys.exit(main())
