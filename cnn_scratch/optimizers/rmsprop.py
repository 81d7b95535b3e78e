"""RMSprop: the gradient divided by its recent size."""

import numpy as np

from cnn_scratch.kernels import optimizers as kernels
from cnn_scratch.optimizers.arguments import check_range
from cnn_scratch.optimizers.optimizer import Optimizer


class RMSprop(Optimizer):
    """Divides the gradient g of a parameter w by the root of the running mean of its square::

        v ← ρ·v + (1 − ρ)·g²
        s = η·g / √(v + ε)                  η is the learning rate
        w ← w − s                           with momentum: m ← μ·m + s    w ← w − m

    Centered: a ← ρ·a + (1 − ρ)·g, and the variance v − a² in place of v. Reference: Hinton, lecture 6e
    of "Neural networks for machine learning", 2012.

    Args:
        learning_rate: η.
        rho: ρ, between 0 and 1.
        momentum: μ, between 0 and 1.
        epsilon: ε.
        centered: whether to divide by the standard deviation instead.
        **options: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options,
    ):
        super().__init__(learning_rate, **options)
        check_range("rho", rho, 1, high_included=True)
        check_range("momentum", momentum, 1, high_included=True)
        check_range("epsilon", epsilon, np.inf, high_included=False)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def slot_groups(self):
        """Return the slots v, m and a, one after the other."""
        groups = [("velocity",)]
        if self.momentum:
            groups.append(("momentum",))
        if self.centered:
            groups.append(("average_gradient",))
        return groups

    def update(self, values, grads, slots, common):
        """Take one step."""
        averages, momenta = (slots.get(name, values[:0]) for name in ("average_gradient", "momentum"))
        scalars = self.learning_rate, self.rho, 1 - self.rho, self.momentum, self.epsilon
        scalars = tuple(map(values.dtype.type, scalars))
        kernels.rmsprop(values, grads, slots["velocity"], averages, momenta, common, scalars)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
