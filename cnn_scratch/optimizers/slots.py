"""The arrays that an optimizer keeps for each parameter, among them an average of its values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn_scratch.optimizers.common import move_average
from cnn_scratch.parameter import FlatParameters, Parameter

# Slots that any optimizer may have; in Keras's files they stand before its own.
AVERAGE, SUM = "average", "gradient_accumulator"


class Slots:
    """What an optimizer keeps: for each name one array per parameter.

    Args:
        optimizer: says the names, the shapes and where they start.
        parameters: for ``FlatParameters`` the slots with the shapes of the parameters lie in one long
            array of the same layout each.

    Attributes:
        flat: name → the long array.
        of: name → the array of each parameter, views into the long one if there is one.
    """

    def __init__(self, optimizer, parameters: FlatParameters | Sequence[Parameter]):
        self.flat: dict[str, np.ndarray] = {}
        self.of: dict[str, list[np.ndarray]] = {}
        is_flat = isinstance(parameters, FlatParameters)
        parts = parameters.parameters if is_flat else parameters
        self._layout = parameters if is_flat else None
        for name in (name for group in optimizer.state_groups() for name in group):
            start = 0.0 if name in (AVERAGE, SUM) else optimizer.slot_start(name)
            forms = [optimizer.slot_form(name, parameter.shape) for parameter in parts]
            if is_flat and forms == [(parameter.shape, None) for parameter in parts]:
                self.flat[name] = np.full_like(parameters.values, start)
                self.of[name] = parameters.views(self.flat[name])
            else:
                self.of[name] = [
                    np.full(shape, start, dtype or parameter.dtype)
                    for (shape, dtype), parameter in zip(forms, parts, strict=True)
                ]

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles hold: the arrays one by one, and how the long ones are laid out."""
        return {"layout": self._layout, "long": list(self.flat), "of": self.of}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._layout, self.of, self.flat = state["layout"], dict(state["of"]), {}
        for name in state["long"]:
            self.flat[name] = np.zeros_like(self._layout.values)
            views = self._layout.views(self.flat[name])
            for view, array in zip(views, self.of[name], strict=True):
                view[...] = array
            self.of[name] = views

    def of_parameter(self, number: int) -> dict[str, np.ndarray]:
        """Return the slots of one parameter."""
        return {name: arrays[number] for name, arrays in self.of.items()}

    def in_order(self, groups: Sequence[tuple[str, ...]]) -> list[np.ndarray]:
        """Return all arrays in the order of Keras's files: within a group parameter after parameter."""
        return [
            array
            for group in groups
            for of_one_parameter in zip(*(self.of[name] for name in group), strict=True)
            for array in of_one_parameter
        ]


class WeightAverages:
    """The part of an optimizer that keeps a moving average of the parameters, if ``use_ema`` is on.

    After step t = 0, 1, …, with the momentum β (in the first step 0, so that the average starts there)::

        a ← β·a + (1 − β)·w

    Such an average of the weights that a run passes through is often better than the last of them.
    Reference: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    iterations: int
    _parameters: Any
    _slots: Slots
    _is_exchanged = False  # whether the averages are in the parameters, and the parameters in the averages

    def _average_config(self) -> dict[str, Any]:
        names = ("use_ema", "ema_momentum", "ema_overwrite_frequency")
        return {name: getattr(self, name) for name in names}

    def _pairs(self) -> list[tuple[Parameter, np.ndarray]]:
        return list(zip(self._parameters, self._slots.of[AVERAGE], strict=True))

    def _move_averages(self) -> None:
        if not self.use_ema:
            return
        momentum = self.ema_momentum if self.iterations else 0.0
        frequency = self.ema_overwrite_frequency
        for parameter, average in self._pairs():
            move_average(average, parameter.value, momentum)
            if frequency and (self.iterations + 1) % frequency == 0:
                parameter.assign(average)

    def exchange_averages(self, wanted: bool) -> None:
        """Put the averages into the parameters (``wanted``), or back; nothing happens if they are there.

        Raises:
            ValueError: ``use_ema`` is off.
        """
        if not self.use_ema:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={self.use_ema}"
            )
        if self._parameters is None or wanted == self._is_exchanged:
            return
        for parameter, average in self._pairs():
            value = parameter.numpy()
            parameter.assign(average)
            average[...] = value
        self._is_exchanged = wanted

    def finalize_variable_values(self, var_list: Sequence[Parameter] | None = None) -> None:
        """Leave the averages in the parameters, as ``fit`` does at its end; nothing if ``use_ema`` is off.

        Args:
            var_list: as in Keras; the parameters are those that the optimizer changes, whatever it is.
        """
        if not self.use_ema or self._parameters is None:
            return
        for parameter, average in self._pairs():
            if self._is_exchanged:
                average[...] = parameter.value
            else:
                parameter.assign(average)
        self._is_exchanged = False
