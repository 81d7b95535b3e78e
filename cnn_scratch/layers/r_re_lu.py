"""Randomised leaky ReLU."""

from typing import Any

import numpy as np

from cnn_scratch.kernels.r_re_lu import scale_negatives
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.random import check_seed
from cnn_scratch.shapes import Shape


class RReLU(Layer):
    """Lets positive numbers pass, and multiplies each negative one by a random slope in training.

    Keras has no such layer; PyTorch's ``torch.nn.RReLU`` decides what it does.

    Maths:
        In training every element has a slope of its own, uniform in [lower, upper), drawn anew in
        every step. At inference there is one slope, their mean (lower + upper) / 2::

            outputs       = inputs where inputs > 0, else slope · inputs
            ∂loss/∂inputs = ∂loss/∂outputs where inputs > 0, else slope · ∂loss/∂outputs

        At 0 there is no derivative; as in PyTorch the slope is taken.

    Args:
        lower, upper: the bounds of the slopes.
        seed: of the random numbers; see ``Dropout``.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a bound that is not a number, or lower > upper.

    Example:
        At inference −8 is multiplied by (1/8 + 3/8) / 2 = 1/4, in training by a number between 1/8 and 3/8.

        >>> layer = RReLU(lower=1 / 8, upper=3 / 8, seed=5)
        >>> layer(np.array([[-8, -8, 8]]))
        array([[-2., -2.,  8.]], dtype=float32)
        >>> layer(np.array([[-8, -8, 8]]), training=True).round(2)
        array([[-2.53, -1.14,  8.  ]], dtype=float32)

    The readable definition is in ``reference/r_re_lu.py``, the generator in ``kernels/philox.py``. See
    Xu et al., "Empirical evaluation of rectified activations in convolutional network" (arXiv:1505.00853).
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        numbers = all(isinstance(bound, int | float | np.number) for bound in (lower, upper))
        if not numbers or not -np.inf < lower <= upper < np.inf:
            raise ValueError(
                "Expected the bounds of the slope to be two numbers, lower <= upper. "
                f"Received: lower={lower!r}, upper={upper!r}"
            )
        check_seed(seed)
        self.lower = lower
        self.upper = upper
        self.seed = seed
        self.seed_generator = self.add_seed_generator(seed)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        key = self.seed_generator.next() if training else None
        return self._scale_negatives(inputs, inputs, key), (inputs, key)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, key = cache
        grad_outputs = self.prepare_gradient(grad_outputs, inputs.shape)
        # forward: outputs = inputs where inputs > 0, else slopes * inputs, with the slopes of this key
        return self._scale_negatives(inputs, grad_outputs, key)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"lower": self.lower, "upper": self.upper, "seed": self.seed}

    def _scale_negatives(self, inputs: np.ndarray, values: np.ndarray, key: np.ndarray | None) -> np.ndarray:
        """Return ``values``, multiplied by a slope where ``inputs`` are not positive."""
        if key is None:
            mean_slope = (self.lower + self.upper) / 2
            return np.where(inputs <= 0, values * mean_slope, values)
        return scale_negatives(inputs, values, self.lower, self.upper, key)
