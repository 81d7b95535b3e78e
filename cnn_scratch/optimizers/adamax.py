"""Adamax: Adam with the largest gradient in place of the mean square."""

import numpy as np

from cnn_scratch.optimizers.blocks import blocks
from cnn_scratch.optimizers.moments import MomentsOptimizer


class Adamax(MomentsOptimizer):
    """Divides the running mean m of a parameter's gradient g by u, its largest size so far, which fades.

    At step t = 1, 2, …, with learning rate η::

        m ← m + (g − m)·(1 − β₁)
        u ← max(β₂·u, |g|)
        w ← w − η·m / ((1 − β₁ᵗ)·(u + ε))        m starts at 0; 1 − β₁ᵗ makes up for it

    √v in Adam is the root of a mean of squares. With p-th powers and p-th roots instead, it tends to u as
    p → ∞. Reference: Kingma and Ba, "Adam: a method for stochastic optimization",
    2015, section 7.1.

    Args:
        learning_rate: η.
        beta_1: β₁, at least 0 and below 1.
        beta_2: β₂, at least 0 and below 1.
        epsilon: ε.
        **options: see ``Optimizer``.
    """

    def slot_groups(self):
        """Return the slots m and u, side by side."""
        return [("momentum", "norm")]

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        rate, rate_1 = dtype(self.learning_rate), dtype(1 - self.beta_1)
        beta_2, epsilon = dtype(self.beta_2), dtype(self.epsilon)
        correction, _ = self.corrections(dtype)
        for w, g, m, u in blocks(values, grads, common, slots["momentum"], slots["norm"]):
            m += (g - m) * rate_1
            np.maximum(beta_2 * u, np.abs(g), out=u)
            w -= rate * m / (correction * (u + epsilon))
