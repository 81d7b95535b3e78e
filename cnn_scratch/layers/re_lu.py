"""Rectified linear unit."""

from typing import Any

from cnn_scratch import activations
from cnn_scratch.layers.activation_layer import ActivationLayer


class ReLU(ActivationLayer):
    """Lets positive numbers pass and stops negative ones.

    Maths:
        ::

            outputs = max(inputs, 0)
            ∂loss/∂inputs = ∂loss/∂outputs   where inputs > 0, else 0

        With all options, θ the threshold, m the max_value and a the negative_slope::

            outputs = min(x, m)      where x > θ           derivative 1, and 0 above m
                      a·(x − θ)      elsewhere             derivative a

        At the corners there is no derivative, and Keras's choices are taken: at x = θ it is 0 (a for a
        leaky ReLU without other options), at x = m it is 1 (0 for ReLU6).

    Args:
        max_value: m ≥ 0, the largest output; ``None`` for no limit.
        negative_slope: a ≥ 0.
        threshold: θ ≥ 0.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative or missing option.

    Example:
        >>> import numpy as np
        >>> ReLU(max_value=4, negative_slope=0.5)(np.array([[-10, -5, 0, 3, 10]]))
        array([[-5. , -2.5,  0. ,  3. ,  4. ]], dtype=float32)

    The readable definition is in ``reference/re_lu.py``.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs
    ):
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(
                f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}"
            )
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or value < 0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be None or a negative value. Received: {name}={value}"
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.activation = activations.relu.with_options(
            negative_slope=negative_slope, max_value=max_value, threshold=threshold
        )

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }
