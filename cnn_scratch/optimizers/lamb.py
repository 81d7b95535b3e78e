"""Lamb: Adam's direction, and a step as long as the parameter is large."""

import numpy as np

from cnn_scratch.optimizers.common import begin
from cnn_scratch.optimizers.moments import MomentsOptimizer


class Lamb(MomentsOptimizer):
    """Changes every parameter w by the same share of its norm, which suits large batches.

    g is the gradient, at step t = 1, 2, …, with learning rate η::

        m ← m + (g − m)·(1 − β₁)
        v ← v + (g² − v)·(1 − β₂)
        u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)       the direction of Adam
        w ← w − η·u·‖w‖/‖u‖                                 the factor is 1 where a norm is 0

    The norms are those of a whole parameter, a kernel or a bias. So a step changes each by the share η of
    itself, and no layer is torn apart by a learning rate that suits another. Reference: You et al., "Large
    batch optimization for deep learning: training BERT in 76 minutes", 2020.

    Args:
        learning_rate: η.
        beta_1: β₁, at least 0 and below 1.
        beta_2: β₂, at least 0 and below 1.
        epsilon: ε.
        **options: see ``Optimizer``.
    """

    is_elementwise = False

    def update_parameter(self, value, grad, slots, common):
        """Take one step."""
        dtype = value.dtype.type
        correction_1, correction_2 = self.corrections(dtype)
        g, m, v = begin(value, grad, common), slots["momentum"], slots["velocity"]
        m += (g - m) * dtype(1 - self.beta_1)
        v += (np.square(g) - v) * dtype(1 - self.beta_2)
        update = m / correction_1 / (np.sqrt(v / correction_2) + dtype(self.epsilon))
        norm, length = np.sqrt(np.square(value).sum()), np.sqrt(np.square(update).sum())
        ratio = norm / length if norm > 0 and length > 0 else dtype(1)
        value -= ratio * dtype(self.learning_rate) * update
