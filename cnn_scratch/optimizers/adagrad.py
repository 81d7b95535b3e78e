"""Adagrad: the more a parameter has moved, the smaller its steps."""

import numpy as np

from cnn_scratch.kernels import optimizers as kernels
from cnn_scratch.optimizers.arguments import check_range, rounded
from cnn_scratch.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """Divides the gradient g of a parameter w by the root of the sum of all its squares; η: learning rate::

        a ← a + g²
        w ← w − η·g / √(a + ε)

    Reference: Duchi et al., "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011.

    Args:
        learning_rate: η.
        initial_accumulator_value: where a starts, not negative.
        epsilon: ε.
        **options: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate=0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        check_range("initial_accumulator_value", initial_accumulator_value, np.inf, high_included=False)
        check_range("epsilon", epsilon, np.inf, high_included=False)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def slot_groups(self):
        """Return the slot a."""
        return [("accumulator",)]

    def slot_start(self, name):
        """Return where a starts."""
        return float(rounded(self.initial_accumulator_value, "float64"))

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        rate, epsilon = dtype(self.learning_rate), dtype(self.epsilon)
        kernels.adagrad(values, grads, slots["accumulator"], common, rate, epsilon)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
