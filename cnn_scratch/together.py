"""Several layers that are computed together: the base classes of what takes their place.

The layers stay what they are: they own their parameters, and may be changed between two passes.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from cnn_scratch.layers import Layer
from cnn_scratch.parameter import Parameter
from cnn_scratch.shapes import Shape


class Together:
    """What takes the place of several layers, its ``parts``, in order."""

    parts: Sequence[Layer]

    @property
    def name(self) -> str:
        """The names of all."""
        return "+".join(part.name for part in self.parts)

    @property
    def weights(self) -> list[Parameter]:
        return [weight for part in self.parts for weight in part.weights]


class PredictedTogether(Together, ABC):
    """Layers that a prediction computes together. It has no ``forward``, since no ``backward`` follows."""

    @abstractmethod
    def infer(self, inputs, training: bool = False) -> np.ndarray | list[np.ndarray]:
        """Return the outputs of the last of the layers."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class TrainedTogether(Together, Layer):
    """Layers, one after the other, that are also trained together: a subclass has both passes.

    It has no parameters and no name of its own, so what ``Layer.__init__`` would make is not made.

    Args:
        parts: the layers.
    """

    output_penalty = None  # layers with one are not put together

    def __init__(self, *parts: Layer):
        self.parts, self.dtype = parts, parts[0].dtype

    @property
    def built(self) -> bool:
        """Whether all have their parameters."""
        return all(part.built for part in self.parts)

    @property
    def trainable_weights(self) -> list[Parameter]:
        return [weight for part in self.parts for weight in part.trainable_weights]

    @property
    def learning_weights(self) -> list[Parameter]:
        return self.trainable_weights

    def build(self, input_shape: Shape) -> None:
        for part in self.parts:
            part.build_once(input_shape)
            input_shape = part.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for part in self.parts:
            input_shape = part.compute_output_shape(input_shape)
        return input_shape
