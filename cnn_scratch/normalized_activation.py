"""A batch normalization and the ReLU after it, computed together while a model is trained.

By itself, the ReLU would read and write all numbers once more in each direction. The same goes for the sum of
a residual block, which may come between the two.
"""

import math

import numpy as np

from cnn_scratch.axes import from_last_axis, to_last_axis
from cnn_scratch.clipping import ACTIVATIONS, bounds
from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers import Add, BatchNormalization, Layer
from cnn_scratch.layers.layer import Cache
from cnn_scratch.together import TrainedTogether


def can_be_activated(normalization: Layer, activation: Layer) -> bool:
    """Return whether these are a batch normalization and a ReLU or ReLU6 that can be computed together."""
    return (
        type(normalization) is BatchNormalization
        and type(activation) in ACTIVATIONS
        # Where another bound is reached the derivative is 1, and outputs do not tell who exceeds it.
        and bounds(activation.activation) in ((0.0, math.inf), (0.0, 6.0))
        and normalization.dtype == activation.dtype
        and normalization.activity_regularizer is None
        and activation.output_penalty is None
    )


def can_be_added(addition: Layer, activation: Layer) -> bool:
    """Return whether a sum may come between the two."""
    return (
        type(addition) is Add
        and addition.dtype == activation.dtype
        and addition.activity_regularizer is None
        and bounds(activation.activation) == (0.0, math.inf)
    )


class NormalizedActivation(TrainedTogether):
    """A BatchNormalization and the ReLU after it, perhaps with a sum between them.

    Maths:
        outputs = min(max((inputs − mean) · scale + shift + other, 0), ceiling)

        A gradient passes where 0 < outputs < ceiling. Without a sum, that is seen from the inputs while
        they are read anyway. With one, the gradient that passes is needed as an array, for it is also the
        gradient of what is added.

    Args:
        normalization, activation: the two layers.
        addition: an ``Add`` between them. The inputs are then a list: the normalization's, and what is added.
    """

    def __init__(self, normalization: BatchNormalization, activation: Layer, addition: Add | None = None):
        super().__init__(normalization, *([addition] if addition else []), activation)
        self.normalization, self.activation, self.addition = normalization, activation, addition

    def forward(self, inputs, training: bool = False) -> tuple[np.ndarray, Cache]:
        normalization, other = self.normalization, None
        if self.addition:
            inputs, other = inputs
            other = to_last_axis(self.addition.prepare_inputs([other])[0], normalization.axis)
        values = to_last_axis(normalization.prepare_inputs(inputs), normalization.axis)  # (…, C)
        vectors, statistics = normalization.coefficients(values, training)
        outputs = kernels.normalize(values, *vectors, *bounds(self.activation.activation), other)
        outputs = from_last_axis(outputs, normalization.axis)
        return outputs, (values, statistics, vectors, outputs)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray | list[np.ndarray]:
        values, statistics, (mean, *linear), outputs = cache
        normalization, activation = self.normalization, self.activation.activation
        grad_outputs = self.prepare_gradient(grad_outputs, outputs.shape)
        inverse, of_batch = statistics[1], statistics[-1]
        if self.addition or not of_batch:
            # forward: outputs = activation(linear); where an output is 0 or 6, so is its linear, or beyond
            grad_linear = activation.backward(grad_outputs, outputs)
            grad_inputs = normalization.backward(grad_linear, (values, statistics))
            return [grad_inputs, grad_linear] if self.addition else grad_inputs
        grad_outputs, R = to_last_axis(grad_outputs, normalization.axis), values.size // values.shape[-1]
        passing = _passing(*bounds(activation), values.dtype)
        # forward: outputs = activation((values - mean) * scale + shift)
        sums = kernels.gradient_sums(values, grad_outputs, mean, inverse, linear, passing)
        vectors = normalization.add_gradients(*sums, statistics, R)
        grad_inputs = kernels.grad_inputs(values, grad_outputs, mean, *vectors, linear[1], passing)
        return from_last_axis(grad_inputs, normalization.axis)


def _passing(floor: float, ceiling: float, dtype: np.dtype) -> tuple:
    """Return the number that outputs must exceed, and the largest one below the ceiling, if there is one."""
    highest = dtype.type(ceiling)
    return floor, highest if ceiling == math.inf else np.nextafter(highest, dtype.type(0))
