"""Lion: only the sign of the gradient's mean counts."""

import numpy as np

from cnn_scratch.optimizers.arguments import check_range, rounded
from cnn_scratch.optimizers.blocks import blocks
from cnn_scratch.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """Moves every number w by the same amount, the learning rate η, against the mean of its gradient g::

        w ← w − η·sign(β₁·m + (1 − β₁)·g)
        m ← β₂·m + (1 − β₂)·g

    One slot, where Adam has two. Since every step is as long as the longest that Adam takes, η should
    be three to ten times smaller than Adam's, and the weight decay as much larger. Reference: Chen et
    al., "Symbolic discovery of optimization algorithms", 2023.

    Args:
        learning_rate: η.
        beta_1: β₁, above 0 and at most 1; with 0, m would have no say.
        beta_2: β₂, between 0 and 1.
        **options: see ``Optimizer``.
    """

    def __init__(self, learning_rate=0.001, beta_1: float = 0.9, beta_2: float = 0.99, **options):
        super().__init__(learning_rate, **options)
        check_range("beta_1", beta_1, 1, high_included=True)
        check_range("beta_2", beta_2, 1, high_included=True)
        if beta_1 == 0:
            raise ValueError(
                "Argument `beta_1` must be above 0. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}"
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slot_groups(self):
        """Return the slot m."""
        return [("momentum",)]

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        rate, one = dtype(self.learning_rate), dtype(1)
        beta_1, beta_2 = rounded(self.beta_1, dtype), rounded(self.beta_2, dtype)
        for w, g, m in blocks(values, grads, common, slots["momentum"]):
            w -= rate * np.sign(beta_1 * m + (one - beta_1) * g)
            m[:] = beta_2 * m + (one - beta_2) * g

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
