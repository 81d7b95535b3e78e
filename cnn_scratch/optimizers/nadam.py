"""Nadam: Adam that looks one step ahead."""

import numpy as np

from cnn_scratch.optimizers.arguments import rounded
from cnn_scratch.optimizers.blocks import blocks
from cnn_scratch.optimizers.moments import MomentsOptimizer

WARM_UP = 0.96  # the momentum μ grows from about β₁/2 to β₁, by this factor a step


class Nadam(MomentsOptimizer):
    """Adam with Nesterov's momentum; g is the gradient of w at step t = 1, 2, …, η the learning rate::

        μₜ = β₁·(1 − ½·0.96ᵗ)                        the momentum of step t; it grows towards β₁
        p  ← p·μₜ                                    their product so far, from 1
        m  ← m + (g − m)·(1 − β₁)
        v  ← v + (g² − v)·(1 − β₂)
        m̂  = μₜ₊₁·m / (1 − p·μₜ₊₁) + (1 − μₜ)·g / (1 − p)
        w  ← w − η·m̂ / (√(v / (1 − β₂ᵗ)) + ε)

    Adam's step would have the mean m as it is now; m̂ is what m will be in the next step, if the gradient
    stays. Reference: Dozat, "Incorporating Nesterov momentum into Adam", 2016.

    Args:
        learning_rate: η.
        beta_1: β₁, at least 0 and below 1.
        beta_2: β₂, at least 0 and below 1.
        epsilon: ε.
        **options: see ``Optimizer``.
    """

    def scalar_slots(self):
        """Return the product p, and where it starts."""
        return {"u_product": 1.0}

    def begin_step(self):
        """Multiply the momentum of this step into p."""
        product = self._scalars["u_product"]
        dtype = product.dtype.type
        warm_up = dtype(WARM_UP) ** dtype(self.iterations + 1)
        product[...] = product * dtype(self.beta_1) * (dtype(1) - dtype(0.5) * warm_up)

    def restore_scalars(self):
        """Multiply the momenta of all steps so far; after a thousand, they are β₁ to the last digit."""
        grown = 1 - 0.5 * WARM_UP ** np.arange(1, min(self.iterations, 1000) + 1)
        self._scalars["u_product"][...] = float(self.beta_1) ** self.iterations * np.prod(grown)

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        one, step = dtype(1), dtype(self.iterations + 1)
        # As in Keras, rounded here and not in `begin_step`.
        beta_1, beta_2, warm_up = (rounded(x, dtype) for x in (self.beta_1, self.beta_2, WARM_UP))
        now = beta_1 * (one - dtype(0.5) * warm_up**step)
        then = beta_1 * (one - dtype(0.5) * warm_up ** (step + one))
        product = dtype(self._scalars["u_product"])
        _, correction = self.corrections(dtype)
        rate, epsilon = dtype(self.learning_rate), dtype(self.epsilon)
        for w, g, m, v in blocks(values, grads, common, slots["momentum"], slots["velocity"]):
            m += (g - m) * (one - beta_1)
            v += (np.square(g) - v) * (one - beta_2)
            ahead = then * m / (one - product * then) + (one - now) * g / (one - product)
            w -= ahead * rate / (np.sqrt(v / correction) + epsilon)
