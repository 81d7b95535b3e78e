"""Ftrl: follow the regularized leader, which can make weights exactly zero."""

import numpy as np

from cnn_scratch.optimizers.arguments import check_range, rounded
from cnn_scratch.optimizers.blocks import blocks
from cnn_scratch.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """Takes the weight w that would have been best so far, given all its gradients g and the penalties.

    η is the learning rate, λ₁ and λ₂ are the strengths of the penalties, λₛ that of the shrinkage::

        b = a + g²
        z ← z + g + 2·λₛ·w − (b^q − a^q)·w / η             q = −learning_rate_power, ½ by default
        w ← (sign(z)·λ₁ − z) / (b^q / η + 2·λ₂ + β / η), but 0 where |z| ≤ λ₁
        a ← b

    The update does not start from the old w: z has kept it. Reference: McMahan et al., "Ad click
    prediction: a view from the trenches", 2013.

    Args:
        learning_rate: η.
        learning_rate_power: −q, not positive; with 0 the learning rate does not fall.
        initial_accumulator_value: where a starts, not negative.
        l1_regularization_strength: λ₁, not negative.
        l2_regularization_strength: λ₂, not negative.
        l2_shrinkage_regularization_strength: λₛ, not negative; added to the gradient.
        beta: β, not negative.
        **options: see ``Optimizer``.

    Raises:
        ValueError: an argument has the wrong sign.
    """

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options,
    ):
        super().__init__(learning_rate, **options)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        for name, value in self._own_arguments().items():
            if name != "learning_rate_power":
                check_range(name, value, np.inf, high_included=False)
        if not -np.inf < learning_rate_power <= 0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. "
                f"Received: learning_rate_power={learning_rate_power}"
            )

    def slot_groups(self):
        """Return the slots a and z, side by side."""
        return [("accumulator", "linear")]

    def slot_start(self, name):
        """Return where a starts; z starts at 0."""
        if name == "accumulator":
            return float(rounded(self.initial_accumulator_value, "float64"))
        return 0.0

    def update(self, values, grads, slots, common):
        """Take one step."""
        dtype = values.dtype.type
        rate, power = dtype(self.learning_rate), dtype(-self.learning_rate_power)
        limit = dtype(self.l1_regularization_strength)
        shrinkage = dtype(2 * self.l2_shrinkage_regularization_strength)
        l2 = dtype(self.l2_regularization_strength) + dtype(self.beta) / (dtype(2) * rate)
        for w, g, a, z in blocks(values, grads, common, slots["accumulator"], slots["linear"]):
            b = a + np.square(g)
            z += g + shrinkage * w - (b**power - a**power) / rate * w
            strength = b**power / rate + dtype(2) * l2
            w[:] = np.where(np.abs(z) <= limit, dtype(0), (np.sign(z) * limit - z) / strength)
            a[:] = b

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), **self._own_arguments()}

    def _own_arguments(self) -> dict[str, float]:
        return {
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
