"""Adam with weight decay."""

from cnn_scratch.optimizers.adam import Adam


class AdamW(Adam):
    """``Adam`` with weight decay: before each step, ``w ← w − w · weight_decay · learning_rate``.

    Unlike an L2 penalty, it is not divided by √v, so every weight is pulled towards zero alike.
    Reference: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

    Args:
        learning_rate: see ``Adam``.
        weight_decay: factor of the weight decay.
        beta_1: see ``Adam``.
        beta_2: see ``Adam``.
        epsilon: see ``Adam``.
        amsgrad: see ``Adam``.
        **options: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options,
    ):
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options
        )
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
