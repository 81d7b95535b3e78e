"""One image through a model: prepared as in training, and its classes in order."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_scratch.command.errors import UsageError
from cnn_scratch.datasets.images import load_image
from cnn_scratch.models.saving import Preparation


@dataclass(frozen=True)
class Prediction:
    """What a model says about one image.

    Attributes:
        image: the name of its file.
        classes: (name, value), the largest first.
        probabilities: whether the values are probabilities, and not some other score.
    """

    image: str
    classes: list[tuple[str, float]]
    probabilities: bool

    def to_json(self) -> dict[str, Any]:
        """Return it for a program; JSON has no infinities and no NaN, so such a value is ``None``."""
        kind = "probability" if self.probabilities else "score"
        values = [(name, value if math.isfinite(value) else None) for name, value in self.classes]
        return {"image": self.image, "classes": [{"class": name, kind: value} for name, value in values]}


def preparation_of(model) -> tuple[Preparation, list[str]]:
    """Return how images become inputs of a model, and what had to be assumed.

    Raises:
        UsageError: the model does not take one image.
    """
    shape, outputs = model.input_shape, model.output_ports.structure or model.output_shape
    is_image = isinstance(shape, tuple) and len(shape) == 4 and shape[3] in (1, 3)
    if not is_image or model.output_ports.structure or len(outputs) != 2:
        raise UsageError(
            "Expected a model from one image (height, width, 1 or 3 channels) to one number per class. "
            f"Received: a model from {shape} to {outputs}"
        )
    known = model.metadata.preparation
    if known is not None:
        if any(size not in (None, given) for size, given in zip(shape[1:], known.input_shape, strict=True)):
            raise UsageError(f"Expected images {shape[1:]} for the model. Received: {known} in its file")
        return known, []
    if None in shape[1:3]:
        raise UsageError(
            f"The file does not say which size images must have. Received: inputs of shape {shape}"
        )
    note = f"the file does not say how images are prepared; resized to {shape[1]}x{shape[2]}, values 0 to 255"
    return Preparation(shape[1:3], shape[3] == 1), [note]


def predict_image(model, preparation: Preparation, path: str, top: int) -> Prediction:
    """Return what a model says about the image in a file.

    Raises:
        DatasetError: it cannot be read.
    """
    image = load_image(path, preparation.image_size, preparation.grayscale)
    low, high = preparation.value_range
    values = image if (low, high) == (0, 255) else low + image.astype(np.float32) / 255 * (high - low)
    outputs = model.predict(values[np.newaxis])[0].astype(np.float64)
    if len(outputs) == 1 and 0 <= outputs[0] <= 1:  # one sigmoid tells two classes apart
        outputs = np.array([1 - outputs[0], outputs[0]])
    names = model.metadata.class_names
    if len(names) != len(outputs):
        names = [f"class {number}" for number in range(len(outputs))]
    probabilities = bool((outputs >= 0).all() and abs(outputs.sum() - 1) < 1e-3)
    order = np.argsort(-outputs, kind="stable")[:top]
    return Prediction(path, [(names[number], float(outputs[number])) for number in order], probabilities)
