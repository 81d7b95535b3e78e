"""ReLU with a small slope for negative numbers."""

import warnings
from typing import Any

from cnn_scratch import activations
from cnn_scratch.layers.activation_layer import ActivationLayer


class LeakyReLU(ActivationLayer):
    """Lets positive numbers pass and makes negative ones small, so that their gradient never is zero.

    Maths:
        With a the negative_slope::

            outputs = inputs where inputs > 0, else a · inputs
            ∂loss/∂inputs = ∂loss/∂outputs where inputs > 0, else a · ∂loss/∂outputs

    Args:
        negative_slope: a ≥ 0.
        alpha: its name in Keras 2; taken with a warning, as in Keras.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative slope below 0, or none.

    Example:
        >>> import numpy as np
        >>> LeakyReLU(negative_slope=0.5)(np.array([[-10, -5, 0, 5]]))
        array([[-5. , -2.5,  0. ,  5. ]], dtype=float32)

    The readable definition is in ``reference/leaky_re_lu.py``. See Maas, Hannun & Ng, "Rectifier
    nonlinearities improve neural network acoustic models" (ICML 2013).
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Expected a float. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.activation = activations.leaky_relu.with_options(negative_slope=negative_slope)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"negative_slope": self.negative_slope}
