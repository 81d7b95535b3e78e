"""A concatenation and the ReLUs after it, which a prediction of a graph computes together.

The cells of a NASNet end with a concatenation, and all that read it begin with a ReLU.
"""

import dataclasses

import numpy as np

from cnn_scratch.clipping import ACTIVATIONS, RELU, bounds
from cnn_scratch.layers import Concatenate, Layer
from cnn_scratch.together import PredictedTogether


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RectifiedConcatenation(PredictedTogether):
    """A Concatenate whose outputs only ReLUs read, applied while the numbers are copied.

    Args:
        concatenation: the first layer.
        activations: the others; there is an output for each of them.
    """

    concatenation: Concatenate
    activations: tuple[Layer, ...]

    @property
    def parts(self) -> list[Layer]:
        return [self.concatenation, *self.activations]

    def infer(self, inputs: list, training: bool = False) -> list[np.ndarray]:
        """Return the outputs of the activations, which are the same array."""
        if any(bounds(layer.activation) != RELU for layer in self.activations):
            joined = self.concatenation.infer(inputs)
            return [layer.infer(joined) for layer in self.activations]
        inputs = self.concatenation.prepare_inputs(inputs)
        return [self.concatenation.joined(inputs, rectified=True)] * len(self.activations)


def can_be_rectified(concatenation: Layer, readers: list[Layer]) -> bool:
    """Return whether the first layer is a Concatenate, and the others ReLUs that can be applied with it."""
    return (
        type(concatenation) is Concatenate
        and len(readers) > 0
        and all(
            type(one) in ACTIVATIONS and bounds(one.activation) == RELU and one.dtype == concatenation.dtype
            for one in readers
        )
    )
