"""What the dropouts of whole channels have in common: the abstract class ``SpatialDropout``."""

from abc import abstractmethod

import numpy as np

from cnn_scratch.kernels.dropout import dropout
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class SpatialDropout(Layer):
    """A layer that multiplies its inputs, in training, by a random mask with one number per channel.

    Args:
        rate, seed: see ``Dropout``.
    """

    def __init__(self, rate: float, seed: int | None, **kwargs):
        super().__init__(**kwargs)
        check_fraction(rate, "rate")
        check_seed(seed)
        self.rate = rate
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed) if rate > 0 else None

    @abstractmethod
    def mask_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the mask: that of the inputs, with 1 for the axes that a channel fills."""

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training or self.rate == 0:
            return inputs, (inputs.shape, None)
        key = self.seed_generator.next()
        return self._drop(inputs, key), (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        # forward: outputs = inputs * mask, with the mask that this key makes
        return grad_outputs if key is None else self._drop(grad_outputs, key)

    def _drop(self, values: np.ndarray, key: np.ndarray) -> np.ndarray:
        return dropout(values, self.rate, self.mask_shape(values.shape), key)
