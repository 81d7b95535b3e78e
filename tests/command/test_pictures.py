"""The pictures: that they are drawn for odd cases too, and what stands in them."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.pictures import draw_pictures
from cnn_scratch.command.pictures.confusion_matrix import draw_confusion_matrix
from cnn_scratch.command.pictures.learning_curves import draw_learning_curves
from cnn_scratch.command.pictures.mistakes import draw_mistakes
from cnn_scratch.command.pictures.parts import label

pytest.importorskip("matplotlib", reason="the pictures are drawn with Matplotlib")

HISTORY = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.8], "val_loss": [1.1, 0.6], "val_accuracy": [0.4, 0.7]}


def make_case(names, wrong=(), shape=(8, 8, 1), per_class=2, value_range=(0, 255)):
    """A data set, and an evaluation in which the images at ``wrong`` are taken for the next class."""
    labels = np.tile(np.arange(len(names)), per_class)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), *shape), dtype=np.uint8)
    data = datasets.Dataset("set", "here", images, labels, images, labels, tuple(names), value_range)
    answers = labels.copy()
    answers[list(wrong)] = (answers[list(wrong)] + 1) % len(names)
    probabilities = np.full((len(labels), len(names)), 0.1 / (len(names) - 1))
    probabilities[np.arange(len(labels)), answers] = 0.9
    return data, Evaluation(labels, probabilities, loss=0.2)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_label_shortens_and_keeps_dollars_harmless():
    assert label("cat") == "cat"
    assert label("a name that goes on and on") == "a name that goe…"
    assert label("$5") == r"\$5"


def test_learning_curves():
    figure = draw_learning_curves(HISTORY, 0.75, "digits, lenet")
    left, right = figure.axes
    assert (left.get_title(), right.get_title()) == ("Loss", "Accuracy")
    assert left.get_xlabel() == right.get_xlabel() == "epoch"
    assert left.get_ylabel() == "cross-entropy"
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["training", "validation", "held-out 75.00%"]
    training = left.get_lines()[0]
    assert list(training.get_xdata()) == [1, 2]
    assert list(training.get_ydata()) == [1.0, 0.5]


@pytest.mark.parametrize(
    "history", [{"loss": [2.0], "accuracy": [0.1]}, {**HISTORY, "val_loss": [np.inf, np.nan]}]
)
def test_learning_curves_of_odd_runs(history):
    left, _ = draw_learning_curves(history, 0.1, "a run").axes
    bottom, top = left.get_ylim()
    assert bottom == 0
    assert top == pytest.approx(1.08 * max(history["loss"]))


def test_confusion_matrix_has_numbers_and_names():
    _, evaluation = make_case(["cat", "dog", "cow"], wrong=[1])
    figure = draw_confusion_matrix(evaluation, ("cat", "dog", "cow"), "pets")
    (axes,) = figure.axes
    assert texts(axes) == ["2", "1", "1", "2"]  # cats; dogs, and one taken for a cow; cows
    assert [text.get_text() for text in axes.get_xticklabels()] == ["cat", "dog", "cow"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_a_large_confusion_matrix_has_no_numbers():
    names = [f"person {number}" for number in range(70)]
    _, evaluation = make_case(names)
    (axes,) = draw_confusion_matrix(evaluation, tuple(names), "faces").axes
    assert texts(axes) == []
    assert len(axes.get_xticklabels()) == 35


def test_mistakes_say_what_was_true_and_what_was_predicted():
    data, evaluation = make_case(["cat", "dog", "cow"], wrong=[1, 3])
    figure = draw_mistakes(data, evaluation, "pets")
    assert figure.get_suptitle() == "pets: all 2 mistakes, the surest first"
    assert texts(figure.axes[0]) == ["true: dog", "said: cow, 90%"]
    assert texts(figure.axes[1]) == ["true: cat", "said: dog, 90%"]
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), data.x_test[1, :, :, 0] / 255)


@pytest.mark.parametrize(
    ("wrong", "title"),
    [
        ([], "pets: no mistakes; these were the closest calls"),
        ([2], "pets: the only mistake"),
        (range(24), "pets: the surest of 24 mistakes"),
    ],
)
def test_few_and_many_mistakes(wrong, title):
    data, evaluation = make_case(["cat", "dog", "cow"], wrong=wrong, per_class=10)
    figure = draw_mistakes(data, evaluation, "pets")
    assert figure.get_suptitle() == title
    assert len([axes for axes in figure.axes if axes.images]) == (min(len(wrong), 20) or 5)


@pytest.mark.parametrize("shape", [(8, 8, 3), (6, 40, 2), (40, 6, 4)])
def test_colours_and_other_numbers_of_channels(shape, tmp_path):
    data, evaluation = make_case(["a", "b"], wrong=[0], shape=shape, value_range=(-255, 255))
    array = draw_mistakes(data, evaluation, "odd").axes[0].images[0].get_array()
    expected = (data.x_test[0] + 255.0) / 510
    np.testing.assert_allclose(array, expected if shape[2] == 3 else expected.mean(axis=-1))


def test_names_do_not_overlap(tmp_path):
    """Each text of the mistakes ends before its neighbour begins."""
    names = [
        "Ankle boot with a very long name",
        "W" * 30,
        "$x$ and a long name",
        "日本語クラスの長い名前です本当に",
    ]
    data, evaluation = make_case(names, wrong=range(8))
    assert draw_pictures(tmp_path, data, HISTORY, evaluation, "names")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = draw_mistakes(data, evaluation, "names")
        boxes = [text.get_window_extent() for axes in figure.axes[:5] for text in axes.texts[1:]]
    for before, after in pairwise(boxes):
        assert before.x1 <= after.x0


def test_all_are_written_even_without_a_whole_epoch(tmp_path):
    data, evaluation = make_case(["a", "b"])
    assert draw_pictures(tmp_path, data, {}, evaluation, "a run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["confusion_matrix.png", "mistakes.png"]
