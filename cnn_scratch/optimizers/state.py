"""What an optimizer remembers from step to step: the class ``State``."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnn_scratch.optimizers.arguments import rate_after
from cnn_scratch.optimizers.learning_rate import LearningRate
from cnn_scratch.optimizers.slots import AVERAGE, SUM, Slots


class State:
    """The part of an optimizer that is its state: the number of steps, the learning rate, the slots."""

    name: str
    use_ema: bool
    gradient_accumulation_steps: int | None
    slot_groups: Callable[[], list[tuple[str, ...]]]
    _iterations: np.ndarray  # the batches: several may make one step
    _learning_rate: Callable | np.ndarray
    _parameters: Any
    _slots: Slots
    _scalars: dict[str, np.ndarray]

    @property
    def built(self) -> bool:
        """Whether the slots exist."""
        return self._parameters is not None

    @property
    def iterations(self) -> int:
        """The number of steps taken; those that only add up a gradient do not count."""
        return int(self._iterations) // (self.gradient_accumulation_steps or 1)

    @iterations.setter
    def iterations(self, value: int) -> None:
        self._iterations[...] = value * (self.gradient_accumulation_steps or 1)

    @property
    def learning_rate(self) -> LearningRate:
        """The learning rate of the next step."""
        rate = self._learning_rate
        if callable(rate):
            rate = rate_after(rate, int(self._iterations))  # these count all, as in Keras
        return LearningRate(rate, self)

    @learning_rate.setter
    def learning_rate(self, value: float | Callable[[int], float]) -> None:
        if callable(value):
            self._learning_rate = value
        elif callable(self._learning_rate):
            raise TypeError(
                "This optimizer was created with a schedule as its `learning_rate`, hence its learning rate "
                "is not settable. Create it with a float `learning_rate` instead."
            )
        else:
            self._learning_rate[...] = value

    @property
    def variables(self) -> list[np.ndarray]:
        """The whole state in the order of Keras's files; the arrays themselves, not copies.

        The number of steps, the learning rate (unless it is a schedule), then the slots: within a
        group all slots of the first parameter, then all of the second, and so on. Scalar slots come last.
        """
        state = [self._iterations]
        if not callable(self._learning_rate):
            state.append(self._learning_rate)
        if self.built:
            state.extend(self._slots.in_order(self.state_groups()))
        return state + list(self._scalars.values())

    def state_groups(self) -> list[tuple[str, ...]]:
        """Return the names of all slots: the moving average, the sums of gradients, and the rule's own."""
        averages = [(AVERAGE,)] if self.use_ema else []
        sums = [(SUM,)] if self.gradient_accumulation_steps else []
        return averages + sums + self.slot_groups()

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Copy a state, in the order of ``variables``, into this optimizer: all of it or nothing.

        Raises:
            ValueError: the optimizer is not built, or the number or shape of the arrays differs.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Please call `optimizer.build(parameters)` first."
            )
        expected = [variable.shape for variable in self.variables]
        received = [np.shape(weight) for weight in weights]
        if expected != received:
            raise ValueError(
                f"Expected arrays of the shapes of the state of optimizer '{self.name}', {expected}. "
                f"Received: {received}"
            )
        for variable, weight in zip(self.variables, weights, strict=True):
            variable[...] = weight
