"""Exponential linear unit."""

from typing import Any

from cnn_scratch import activations
from cnn_scratch.layers.activation_layer import ActivationLayer


class ELU(ActivationLayer):
    """Lets positive numbers pass; negative ones level off smoothly at −alpha.

    Maths:
        ::

            outputs = inputs where inputs > 0, else alpha · (e^inputs − 1)
            ∂loss/∂inputs = ∂loss/∂outputs · (1 where inputs > 0, else alpha · e^inputs)

        and where inputs ≤ 0, alpha · e^inputs is outputs + alpha: backward needs the outputs only.

    Args:
        alpha: ≥ 0.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: a negative alpha.

    Example:
        e^−∞ = 0, so the smallest output is −alpha.

        >>> import numpy as np
        >>> ELU(alpha=2.0)(np.array([[-np.inf, 0, 3]]))
        array([[-2.,  0.,  3.]], dtype=float32)

    The readable definition is in ``reference/elu.py``. See Clevert, Unterthiner & Hochreiter, "Fast and
    accurate deep network learning by exponential linear units" (arXiv:1511.07289).
    """

    def __init__(self, alpha: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.activation = activations.elu.with_options(alpha=alpha)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha}
