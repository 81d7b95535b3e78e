"""Several layers that stand in the place of one: the abstract class ``Together``."""

from cnn_scratch.layers import Layer
from cnn_scratch.parameter import Parameter
from cnn_scratch.shapes import Shape


class Together(Layer):
    """Layers that stand one behind the other. They are computed so, unless a subclass knows better.

    Args:
        parts: the layers; the parameters stay theirs.
    """

    def __init__(self, *parts: Layer):
        self.parts, self.dtype, self.activity_regularizer = parts, parts[0].dtype, None

    @property
    def name(self) -> str:
        """The names of all."""
        return "+".join(part.name for part in self.parts)

    @property
    def built(self) -> bool:
        """Whether all have their parameters."""
        return all(part.built for part in self.parts)

    @property
    def weights(self) -> list[Parameter]:
        return [weight for part in self.parts for weight in part.weights]

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
