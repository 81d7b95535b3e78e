"""Adafactor: the size of every gradient from one number per row and one per column."""

import numpy as np

from cnn_scratch.optimizers.arguments import check_range
from cnn_scratch.optimizers.common import begin
from cnn_scratch.optimizers.optimizer import Optimizer


class Adafactor(Optimizer):
    """Divides the gradient g of a parameter w by its size, which is kept for rows and columns only.

    At step t = 1, 2, …, with learning rate η::

        β = 1 − t^d                                      d = beta_2_decay, −0.8 by default
        r ← β·r + (1 − β)·mean of (g² + ε₁) over the columns
        c ← β·c + (1 − β)·mean of (g² + ε₁) over the rows
        v = r·c / mean(r)                                of a vector: v ← β·v + (1 − β)·(g² + ε₁)
        u = g / √v,  then  u / max(1, rms(u) / limit)    limit = clip_threshold; rms: root of the mean square
        w ← w − min(η, 1/√t) · max(ε₂, rms(w)) · u

    The rows and columns are the last two axes, so a convolution has them for each place in its window. If the
    table of g² is a product of a row and a column, v is exact. Reference: Shazeer and Stern, "Adafactor:
    adaptive learning rates with sublinear memory cost", 2018.

    Args:
        learning_rate: η, the largest that the relative step becomes.
        beta_2_decay: d, not positive; with 0, β is always 0.
        epsilon_1: ε₁, keeps √v away from 0.
        epsilon_2: ε₂, the size that a parameter of zeros is taken to have.
        clip_threshold: the largest root of the mean square of u.
        relative_step: of Keras; accepted, without a meaning there as here: 1/√t is always the limit.
        **options: see ``Optimizer``.
    """

    is_elementwise = False

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options,
    ):
        super().__init__(learning_rate, **options)
        check_range("epsilon_1", epsilon_1, np.inf, high_included=False)
        check_range("epsilon_2", epsilon_2, np.inf, high_included=False)
        check_range("clip_threshold", clip_threshold, np.inf, high_included=False)
        if not -np.inf < beta_2_decay <= 0:
            raise ValueError(
                f"`beta_2_decay` needs to be negative or zero. Received: beta_2_decay={beta_2_decay}"
            )
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def slot_groups(self):
        """Return the slots r, c and v, side by side."""
        return [("r", "c", "velocity")]

    def slot_form(self, name, shape):
        """Return the form of r (no columns), c (no rows), or v; r and c of a vector are unused numbers."""
        if name not in ("r", "c"):
            return shape, None
        if len(shape) < 2:
            return (), "int32"
        return (shape[:-1] if name == "r" else (*shape[:-2], shape[-1])), None

    def update_parameter(self, value, grad, slots, common):
        """Take one step."""
        dtype = value.dtype.type
        step = dtype(self.iterations + 1)
        beta = dtype(1) - step ** dtype(self.beta_2_decay)
        r, c, v = slots["r"], slots["c"], slots["velocity"]
        g = begin(value, grad, common)
        square = np.square(g) + dtype(self.epsilon_1)
        if value.ndim < 2:
            v[...] = beta * v + (dtype(1) - beta) * square
        else:
            r[...] = beta * r + (dtype(1) - beta) * square.mean(axis=-1)
            c[...] = beta * c + (dtype(1) - beta) * square.mean(axis=-2)
            v[...] = (r / r.mean(axis=-1, keepdims=True))[..., np.newaxis] * c[..., np.newaxis, :]
        # r·c of a row and a column of zeros (dead pixels and units have them) is less than float32 holds.
        update = g / np.sqrt(np.maximum(v, np.finfo(dtype).tiny))
        update /= np.maximum(dtype(1), root_mean_square(update) / dtype(self.clip_threshold))
        rate = np.minimum(dtype(self.learning_rate), dtype(1) / np.sqrt(step))
        value -= rate * np.maximum(dtype(self.epsilon_2), root_mean_square(value)) * update

    def get_config(self):
        """Return the arguments of ``__init__``."""
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def root_mean_square(values: np.ndarray) -> np.floating:
    """Return √(mean of values²), in their dtype."""
    return np.sqrt(np.square(values).mean())
