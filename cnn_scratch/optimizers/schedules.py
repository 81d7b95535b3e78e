"""Schedules: the learning rate as a function of the number of steps.

``Adam(CosineDecay(0.001, decay_steps=10_000))`` instead of ``Adam(0.001)``. In each formula t is the number
of steps taken, T ``decay_steps`` and η₀ ``initial_learning_rate``. All is computed in float32, as in Keras.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn_scratch.serialization import class_table, deserialize_object, serialize_object

f32 = np.float32


class LearningRateSchedule:
    """Base class. Your own schedule defines ``__call__`` and ``get_config``."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after ``step`` steps."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of ``__init__``, under Keras's keys."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LearningRateSchedule":
        """Make a schedule from what ``get_config`` returned."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """η₀ · decay_rate^(t / T): the same factor over and over.

    Args:
        initial_learning_rate: η₀.
        decay_steps: T, over which the factor is ``decay_rate``.
        decay_rate: the factor.
        staircase: whether t / T is rounded down, so that the learning rate falls in steps.
        name: accepted for Keras's sake.

    Example:
        >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.5)(20)
        0.125
    """

    def __init__(
        self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_steps(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: int) -> float:
        periods = f32(step) / f32(self.decay_steps)
        periods = np.floor(periods) if self.staircase else periods
        return float(f32(self.initial_learning_rate) * f32(self.decay_rate) ** periods)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class InverseTimeDecay(ExponentialDecay):
    """η₀ / (1 + decay_rate · t / T): falls fast at first, and ever more slowly.

    Args: those of ``ExponentialDecay``.

    Example:
        >>> InverseTimeDecay(0.5, decay_steps=10, decay_rate=0.5)(20)
        0.25
    """

    def __init__(
        self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"
    ):
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: int) -> float:
        periods = f32(step) / f32(self.decay_steps)
        periods = np.floor(periods) if self.staircase else periods
        return float(f32(self.initial_learning_rate) / (f32(1) + f32(self.decay_rate) * periods))


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to step boundaries[0], values[1] up to boundaries[1], …, and the last value from then on.

    Args:
        boundaries: numbers of steps, ascending.
        values: learning rates, one more than boundaries.
        name: accepted for Keras's sake.

    Example:
        >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
        >>> schedule(10), schedule(11), schedule(21)
        (1.0, 0.5, 0.25)
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length "
                f"{len(values)}"
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: int) -> float:
        return float(f32(self.values[int(np.searchsorted(self.boundaries, step))]))

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": list(self.boundaries), "values": list(self.values), "name": self.name}


class PolynomialDecay(LearningRateSchedule):
    """(η₀ − end) · (1 − t / T)^power + end: down to ``end_learning_rate`` at T; a straight line for power 1.

    Args:
        initial_learning_rate: η₀.
        decay_steps: T.
        end_learning_rate: where it ends, and stays.
        power: of the curve.
        cycle: whether it begins anew at T instead, over a time twice as long, three times as long, …
        name: accepted for Keras's sake.

    Example:
        >>> PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.5)(5)
        0.75
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_steps(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: int) -> float:
        step, steps = f32(step), f32(self.decay_steps)
        if self.cycle:
            steps *= max(np.ceil(step / steps), f32(1))
        start, end = f32(self.initial_learning_rate), f32(self.end_learning_rate)
        left = f32(1) - min(step, steps) / steps
        return float((start - end) * left ** f32(self.power) + end)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class CosineDecay(LearningRateSchedule):
    """η₀ · ((1 − α) · ½(1 + cos(π · t / T)) + α): slowly, fast, slowly, down to α·η₀ at T.

    With a warm-up the learning rate first rises in a straight line from η₀ to ``warmup_target`` in
    ``warmup_steps`` steps, and then falls from there in T steps more. See Loshchilov & Hutter, "SGDR:
    stochastic gradient descent with warm restarts" (arXiv:1608.03983).

    Args:
        initial_learning_rate: η₀.
        decay_steps: T.
        alpha: α, the share that is left at the end.
        name: accepted for Keras's sake.
        warmup_target: where the warm-up ends; ``None`` for none.
        warmup_steps: how long it takes.

    Example:
        >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4)
        >>> [round(schedule(step), 6) for step in (2, 4, 9, 14)]
        [0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_steps(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        start, warmup = f32(self.initial_learning_rate), 0
        if self.warmup_target is not None:
            target, warmup = f32(self.warmup_target), self.warmup_steps
            if step < warmup:
                return float((target - start) * (f32(step) / f32(warmup)) + start)
            start = target
        share = min(f32(step - warmup), f32(self.decay_steps)) / f32(self.decay_steps)
        return float(start * falling_cosine(share, self.alpha))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """``CosineDecay`` that begins anew at its end, over and over.

    Args:
        initial_learning_rate: η₀.
        first_decay_steps: T of the first period.
        t_mul: each period is so many times as long as the one before.
        m_mul: and begins with so many times its learning rate.
        alpha: α, the share that is left at the end of a period.
        name: accepted for Keras's sake.

    Example:
        >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=10, t_mul=2.0, m_mul=0.5)
        >>> [round(schedule(step), 6) for step in (5, 10, 20)]
        [0.5, 0.5, 0.25]
    """

    def __init__(
        self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name="SGDRDecay"
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = check_steps(first_decay_steps, "first_decay_steps")
        if not t_mul >= 1:
            raise ValueError(f"Argument `t_mul` must be >= 1. Received: t_mul={t_mul}")
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: int) -> float:
        restarts = self._restarts_before(step)
        share = (step - self._begin_of(restarts)) / (self.first_decay_steps * self.t_mul**restarts)
        height = f32(self.m_mul) ** f32(restarts)
        return float(f32(self.initial_learning_rate) * falling_cosine(f32(share), self.alpha, height))

    def _begin_of(self, period: int) -> float:
        """Return the step at which period 0, 1, … begins: T·(1 + t_mul + … + t_mul^(period − 1))."""
        if self.t_mul == 1:
            return self.first_decay_steps * period
        return self.first_decay_steps * (self.t_mul**period - 1) / (self.t_mul - 1)

    def _restarts_before(self, step: int) -> int:
        """Return the number of the period that ``step`` lies in."""
        if self.t_mul == 1:
            return int(step // self.first_decay_steps)
        more = self.t_mul - 1
        period = int(math.log1p(step / self.first_decay_steps * more) / math.log1p(more))
        # A logarithm may be a little off at the border of two periods.
        period += step >= self._begin_of(period + 1)
        return period - (step < self._begin_of(period))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


def falling_cosine(share: np.float32, alpha: float, height: float = 1) -> np.float32:
    """Return ``(1 − alpha) · height · ½(1 + cos(π · share)) + alpha``, for a share from 0 to 1."""
    cosine = f32(0.5) * f32(height) * (f32(1) + np.cos(f32(math.pi) * share))
    return f32(1 - alpha) * cosine + f32(alpha)


def check_steps(steps: int, name: str = "decay_steps") -> int:
    """Return a number of steps, or raise a ``ValueError`` unless it is positive."""
    if not steps > 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={steps}")
    return steps


_TABLE = class_table(
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    CosineDecay,
    CosineDecayRestarts,
)


def serialize(schedule: LearningRateSchedule) -> dict | None:
    """Return a schedule as a Keras node."""
    return serialize_object("keras.optimizers.schedules", schedule)


def deserialize(node: Any) -> LearningRateSchedule:
    """Return the schedule that a Keras node describes."""
    return deserialize_object(node, _TABLE, "learning rate schedule")
