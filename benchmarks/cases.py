"""What is measured: training or predicting with a model of the zoo at a batch size, and the data for it."""

from dataclasses import dataclass

import numpy as np

from cnn_scratch.zoo import INPUT_SHAPES

CLASSES = 10
LABEL_SETS = 16
# From this batch size on one library can need 10 GB, so never two of them are in memory together.
LARGE_BATCH = 1024


@dataclass(frozen=True)
class Case:
    """A model, named as in ``cnn_scratch.zoo``, a batch size, and what is done with it.

    Args:
        predicts: whether a step is a prediction and not a training step.
    """

    model: str
    batch_size: int
    predicts: bool = False

    def __str__(self) -> str:
        size = "one image" if self.batch_size == 1 else f"batch {self.batch_size:,}"
        return f"{self.model}, {'prediction, ' if self.predicts else ''}{size}"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return INPUT_SHAPES[self.model]

    @property
    def is_large(self) -> bool:
        """Whether the workers have to be in memory one at a time."""
        return self.batch_size >= LARGE_BATCH


def random_batch(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return images (N, H, W, C) float32 from N(0, 1) and labels (LABEL_SETS, N) int64.

    A step takes the next set of labels. With one set only, a model soon knows the batch by heart:
    its gradients go to zero, Adam's averages of them become subnormal numbers, and those are many
    times slower on some processors, which no real training would see.
    """
    generator = np.random.default_rng(0)
    images = generator.standard_normal((case.batch_size, *case.input_shape), dtype=np.float32)
    return images, generator.integers(0, CLASSES, (LABEL_SETS, case.batch_size))
