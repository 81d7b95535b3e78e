"""What follows from predictions: a confusion matrix and mistakes, by hand."""

import numpy as np
import pytest

from cnn_scratch import datasets, zoo
from cnn_scratch.command.evaluation import Evaluation, evaluate

#                                   cat  dog  cow
PROBABILITIES = np.array(
    [
        [0.9, 0.1, 0.0],  # a cat, recognised
        [0.3, 0.6, 0.1],  # a cat, taken for a dog
        [0.0, 0.7, 0.3],  # a dog, recognised
        [0.8, 0.1, 0.1],  # a dog, taken for a cat
        [0.5, 0.5, 0.0],  # a dog; the first of equals is taken
    ]
)
LABELS = np.array([0, 0, 1, 1, 1])


def test_counts():
    evaluation = Evaluation(LABELS, PROBABILITIES, loss=0.0)
    assert evaluation.predicted.tolist() == [0, 1, 1, 0, 0]
    assert evaluation.confusion.tolist() == [[1, 1, 0], [2, 1, 0], [0, 0, 0]]
    assert evaluation.counts.tolist() == [2, 3, 0]
    assert evaluation.correct.tolist() == [1, 1, 0]
    assert evaluation.accuracy == 2 / 5


def test_the_surest_mistakes_come_first_and_the_least_sure_successes():
    evaluation = Evaluation(LABELS, PROBABILITIES, loss=0.0)
    assert evaluation.worst_mistakes(10).tolist() == [3, 1, 4]
    assert evaluation.worst_mistakes(1).tolist() == [3]
    assert evaluation.closest_calls(10).tolist() == [2, 0]


@pytest.mark.parametrize("classes", [2, 3])
def test_evaluate_agrees_with_the_model(classes):
    rng = np.random.default_rng(0)
    images, labels = rng.random((20, 8, 8, 1), np.float32), np.arange(20) % classes
    names = ("a", "b", "c")[:classes]
    data = datasets.Dataset("test", "here", images, labels, images, labels, names, (0, 1))
    model = zoo.lenet((8, 8, 1), classes)
    model.compile("adam", zoo.loss_for(classes), metrics=["accuracy"])
    evaluation = evaluate(model, data, batch_size=7)
    loss, accuracy = model.evaluate(images, labels, verbose=0)
    assert evaluation.probabilities.shape == (20, classes)
    np.testing.assert_allclose(evaluation.probabilities.sum(axis=1), 1, rtol=1e-6)
    assert evaluation.accuracy == pytest.approx(accuracy)
    assert evaluation.loss == pytest.approx(loss, rel=1e-5)  # from probabilities here, from logits there
