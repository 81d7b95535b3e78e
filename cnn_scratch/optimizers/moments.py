"""The base class of Adam, Adamax, Nadam and Lamb: what they share."""

import numpy as np

from cnn_scratch.optimizers.arguments import check_range, rounded
from cnn_scratch.optimizers.optimizer import Optimizer


class MomentsOptimizer(Optimizer):
    """Keeps two moments of the gradient: a running mean, and a measure of its size.

    Args:
        learning_rate: η.
        beta_1: β₁, at least 0 and below 1: how much of the mean stays in a step.
        beta_2: β₂, at least 0 and below 1: how much of the size stays.
        epsilon: ε, added to the size, so that nothing is divided by 0.
        **options: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options,
    ):
        super().__init__(learning_rate, **options)
        check_range("beta_1", beta_1, 1, high_included=False)
        check_range("beta_2", beta_2, 1, high_included=False)
        check_range("epsilon", epsilon, np.inf, high_included=False)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def slot_groups(self):
        """Return the slots m and v, side by side."""
        return [("momentum", "velocity")]

    def corrections(self, dtype) -> tuple[np.floating, np.floating]:
        """Return 1 − β₁ᵗ and 1 − β₂ᵗ for this step t, which correct for moments that start at 0.

        They are computed in the parameters' dtype, as in Keras: 1 − β₂ᵗ is small at first, so the rounding of
        β₂ shows in it.
        """
        step = dtype(self.iterations + 1)
        return tuple(dtype(1) - rounded(beta, dtype) ** step for beta in (self.beta_1, self.beta_2))

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
