"""Gradient descent, with or without momentum."""

from cnn_scratch.kernels import optimizers as kernels
from cnn_scratch.optimizers.arguments import check_range, rounded
from cnn_scratch.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Moves every parameter w against its gradient g; η is the learning rate and μ the momentum::

        μ = 0:      w ← w − η·g
        momentum:   m ← μ·m − η·g      w ← w + m
        Nesterov:   m ← μ·m − η·g      w ← w + μ·m − η·g

    Momentum lets steps that agree add up and steps that disagree cancel; Nesterov's form looks one
    step ahead. Reference: Sutskever et al., "On the importance of initialization and momentum in
    deep learning", 2013.

    Args:
        learning_rate: η.
        momentum: μ, between 0 and 1.
        nesterov: whether to use Nesterov's form.
        **options: see ``Optimizer``.
    """

    def __init__(self, learning_rate=0.01, momentum: float = 0.0, nesterov: bool = False, **options):
        super().__init__(learning_rate, **options)
        check_range("momentum", momentum, 1, high_included=True)
        self.momentum = momentum
        self.nesterov = nesterov

    def slot_groups(self):
        """Return the slot m, if there is momentum."""
        return [("momentum",)] if self.momentum else []

    def update(self, values, grads, slots, common):
        """Take one step."""
        rate = values.dtype.type(self.learning_rate)
        if not self.momentum:
            kernels.sgd(values, grads, common, rate)
            return
        momentum = rounded(self.momentum, values.dtype)
        kernels.sgd_momentum(values, grads, slots["momentum"], common, rate, momentum, bool(self.nesterov))

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
