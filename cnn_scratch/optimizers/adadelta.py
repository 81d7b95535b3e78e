"""Adadelta: steps as large as the recent steps were."""

import numpy as np

from cnn_scratch.optimizers.arguments import check_range
from cnn_scratch.optimizers.blocks import blocks
from cnn_scratch.optimizers.optimizer import Optimizer


class Adadelta(Optimizer):
    """Divides the gradient g of a parameter w by its recent size, and multiplies by the recent steps' size.

    η is the learning rate, a a running mean of g², d one of the squared steps::

        a ← ρ·a + (1 − ρ)·g²
        s = g · √(d + ε) / √(a + ε)
        d ← ρ·d + (1 − ρ)·s²
        w ← w − η·s

    So s has the unit of w, whatever the unit of the loss. The original has η = 1. Reference:
    Zeiler, "ADADELTA: an adaptive learning rate method", 2012.

    Args:
        learning_rate: η.
        rho: ρ, between 0 and 1.
        epsilon: ε; the first steps are about √ε long.
        **options: see ``Optimizer``.
    """

    def __init__(self, learning_rate=0.001, rho: float = 0.95, epsilon: float = 1e-7, **options):
        super().__init__(learning_rate, **options)
        check_range("rho", rho, 1, high_included=True)
        check_range("epsilon", epsilon, np.inf, high_included=False)
        self.rho = rho
        self.epsilon = epsilon

    def slot_groups(self):
        """Return the slots a and d, side by side."""
        return [("accumulated_grad", "accumulated_delta_var")]

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        learning_rate, epsilon = dtype(self.learning_rate), dtype(self.epsilon)
        rho, rate = dtype(self.rho), dtype(1 - self.rho)
        sizes = slots["accumulated_grad"], slots["accumulated_delta_var"]
        for w, g, a, d in blocks(values, grads, common, *sizes):
            a[:] = rho * a + rate * np.square(g)
            step = np.sqrt(d + epsilon) * g / np.sqrt(a + epsilon)
            d[:] = rho * d + rate * np.square(step)
            w -= learning_rate * step

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
