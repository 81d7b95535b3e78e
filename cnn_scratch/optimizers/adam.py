"""Adam: a step of about the same size for every parameter."""

import numpy as np

from cnn_scratch.kernels import optimizers as kernels
from cnn_scratch.optimizers.moments import MomentsOptimizer


class Adam(MomentsOptimizer):
    """Moves each parameter along the mean of its gradients, divided by their usual size.

    For a parameter w with the gradient g, m is a running mean of g and v one of g². At step t = 1, 2, …,
    with the learning rate η::

        m ← m + (g − m)·(1 − β₁)
        v ← v + (g² − v)·(1 − β₂)
        α = η·√(1 − β₂ᵗ) / (1 − β₁ᵗ)        m and v start at 0 and are too small at first: a correction
        w ← w − α·m / (√v + ε)

    AMSGrad divides by the root of the largest v so far. References: Kingma and Ba, "Adam: a method
    for stochastic optimization", 2015 (ε is its "epsilon hat"); Reddi et al., "On the convergence
    of Adam and beyond", 2018.

    Args:
        learning_rate: η.
        beta_1: β₁, at least 0 and below 1.
        beta_2: β₂, at least 0 and below 1.
        epsilon: ε.
        amsgrad: whether to use AMSGrad.
        **options: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = amsgrad

    def slot_groups(self):
        """Return the slots m and v, side by side, and the largest v apart."""
        return super().slot_groups() + ([("velocity_hat",)] if self.amsgrad else [])

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        correction_1, correction_2 = self.corrections(dtype)
        alpha = dtype(self.learning_rate) * np.sqrt(correction_2) / correction_1
        scalars = alpha, dtype(1 - self.beta_1), dtype(1 - self.beta_2), dtype(self.epsilon)
        moments = slots["momentum"], slots["velocity"]
        if self.amsgrad:
            kernels.adam_amsgrad(values, grads, *moments, slots["velocity_hat"], common, scalars)
        else:
            kernels.adam(values, grads, *moments, common, scalars)

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "amsgrad": self.amsgrad}
