"""Dropout of a whole branch of a network."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.dropout import dropout
from cnn_scratch.layers.dropout import check_fraction
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class StochasticDepth(Layer):
    """Sets whole samples to zero in training, at random, as in ConvNeXt.

    Before the addition that ends a residual block it drops the block: each sample sees a network of
    another depth.

    Maths:
        Every sample n has one random number u, uniform in [0, 1), drawn anew in every training step::

            mask[n]             = 1 / (1 − rate) where u[n] ≥ rate, 0 elsewhere
            outputs[n, …]       = inputs[n, …] · mask[n]
            ∂loss/∂inputs[n, …] = ∂loss/∂outputs[n, …] · mask[n]

        The expected value of the mask is 1. At inference the inputs are returned as they are.

    Args:
        drop_path_rate: the share of the samples that is dropped, from 0 to 1.

    Input shape:
        (N, …).

    Output shape:
        The same.

    Raises:
        ValueError: a rate out of range.

    Example:
        What is kept is doubled, since 1 / (1 − 1/2) = 2.

        >>> outputs = StochasticDepth(0.5)(np.ones((100, 3)), training=True)
        >>> np.unique(outputs), np.ptp(outputs, axis=1).max()
        (array([0., 2.], dtype=float32), np.float32(0.0))

    The readable definition is in ``reference/stochastic_depth.py``. See Huang et al., "Deep networks
    with stochastic depth" (arXiv:1603.09382).
    """

    def __init__(self, drop_path_rate: float, **kwargs):
        super().__init__(**kwargs)
        check_fraction(drop_path_rate, "drop_path_rate")
        self.drop_path_rate = drop_path_rate
        self.seed_generator = self.add_seed_generator(None)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 1, or_more=True)
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        if not training:
            return inputs, (inputs.shape, None)
        key = self.seed_generator.next()
        return inputs * self._mask(inputs.shape, key), (inputs.shape, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        shape, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, shape)
        # forward: outputs = inputs * mask, with the mask that this key makes
        return grad_outputs if key is None else grad_outputs * self._mask(shape, key)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"drop_path_rate": self.drop_path_rate}

    def _mask(self, shape: Shape, key: np.ndarray) -> np.ndarray:
        """Return the mask, (N, 1, …, 1)."""
        one_each = (shape[0], *(1,) * (len(shape) - 1))
        return dropout(np.ones(one_each, self.dtype), self.drop_path_rate, one_each, key)
