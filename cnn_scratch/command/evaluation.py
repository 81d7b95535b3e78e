"""How good a trained model is on the held-out images: predictions, mistakes, accuracy per class."""

from dataclasses import dataclass

import numpy as np

from cnn_scratch.datasets import Dataset
from cnn_scratch.models import Sequential


@dataclass(frozen=True)
class Evaluation:
    """Predictions for the held-out images, and what follows from them.

    Attributes:
        labels: (N,) the true classes.
        probabilities: (N, C), every row sums to 1.
        loss: the mean loss.
        num_classes: C.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    loss: float

    @property
    def predicted(self) -> np.ndarray:
        """(N,) the class of the largest probability."""
        return self.probabilities.argmax(axis=1)

    @property
    def confusion(self) -> np.ndarray:
        """(C, C): how many images of class i (row) were taken for class j (column)."""
        classes = self.probabilities.shape[1]
        pairs = self.labels * classes + self.predicted
        return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)

    @property
    def counts(self) -> np.ndarray:
        """(C,) the number of images of each class."""
        return self.confusion.sum(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """(C,) the number of those that were recognised."""
        return self.confusion.diagonal()

    @property
    def accuracy(self) -> float:
        """The share of all images that were recognised."""
        return float(self.correct.sum() / len(self.labels))

    def worst_mistakes(self, most: int) -> np.ndarray:
        """Return where the mistakes are, those first of which the model was surest."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        sureness = self.probabilities[wrong].max(axis=1)
        return wrong[np.argsort(-sureness, kind="stable")][:most]

    def closest_calls(self, most: int) -> np.ndarray:
        """Return where the right answers are of which the model was least sure."""
        right = np.flatnonzero(self.predicted == self.labels)
        sureness = self.probabilities[right].max(axis=1)
        return right[np.argsort(sureness, kind="stable")][:most]


def evaluate(model: Sequential, dataset: Dataset, batch_size: int) -> Evaluation:
    """Predict the held-out images.

    Raises:
        FloatingPointError: the predictions are not numbers.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = model.predict(dataset.x_test, batch_size=batch_size)
    if not np.isfinite(outputs).all():
        raise FloatingPointError("The predictions of the trained model are not numbers.")
    loss = float(model.loss(dataset.y_test, outputs))
    if outputs.shape[1] == 1:
        # One sigmoid gives the probability of the second of two classes.
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    return Evaluation(dataset.y_test, outputs, loss)
