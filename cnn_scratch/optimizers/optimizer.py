"""The base class of every optimizer: clipping, weight decay, slots, the step counter."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import single_threaded_blas
from cnn_scratch.kernels.optimizers import sum_of_squares
from cnn_scratch.naming import to_snake_case
from cnn_scratch.optimizers import schedules
from cnn_scratch.optimizers.arguments import NOT_SUPPORTED, check_options, rounded
from cnn_scratch.optimizers.pairing import pair_gradients
from cnn_scratch.parameter import FlatParameters, Parameter


class Common(NamedTuple):
    """What every kernel does before its own rule; scalars of the parameters' dtype."""

    scale: np.floating
    limit: np.floating
    decay: np.floating


class Optimizer:
    """Changes parameters so that the loss falls, given the gradients.

    Weight decay comes first, with the old value: ``value ← value − value · weight_decay ·
    learning_rate`` (decoupled from the gradient: Loshchilov and Hutter, "Decoupled weight decay
    regularization", 2019). Then the optimizer's own rule, with the clipped gradient.

    A subclass says which slots it keeps for each parameter (``slot_groups``) and how one step
    changes values and slots (``update``).

    Args:
        learning_rate: a float (kept as float32, as in Keras), a schedule, or another function of the number
            of steps taken so far.
        weight_decay: factor of the weight decay, or ``None``.
        clipnorm: the gradient of each parameter is shortened to this norm where it is longer.
        clipvalue: every element of every gradient is clipped to ±clipvalue.
        global_clipnorm: all gradients together are shortened to this norm.
        name: name of the optimizer; by default the class name in snake case.
        **options: Keras's further arguments; only their "off" values are accepted.

    Raises:
        ValueError: an argument is unknown, of a wrong type or out of range, or more than one way of
            clipping is asked for.
    """

    def __init__(
        self,
        learning_rate: float | Callable[[int], float],
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **options,
    ):
        check_options(options)
        if isinstance(learning_rate, dict):  # the node of a schedule, in the config of an optimizer
            learning_rate = schedules.deserialize(learning_rate)
        if sum(clip is not None for clip in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        if not callable(learning_rate) and not isinstance(learning_rate, float | np.floating):
            raise ValueError(
                "Argument `learning_rate` should be float, or a callable that takes the number of steps and "
                f"returns the learning rate. Received: learning_rate={learning_rate}"
            )
        self.name = name or to_snake_case(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self._iterations = np.zeros((), np.int64)
        self._learning_rate = (
            learning_rate if callable(learning_rate) else np.array(learning_rate, np.float32)
        )
        self._excluded_parameters: list[Parameter] = []
        self._excluded_names: re.Pattern | None = None
        self._parameters: list[Parameter] | None = None
        self._flat: FlatParameters | None = None
        self._flat_slots: dict[str, np.ndarray] = {}
        self._slots: dict[str, list[np.ndarray]] = {}
        self._scalars: dict[str, np.ndarray] = {}

    # What a subclass defines.

    def slot_groups(self) -> list[tuple[str, ...]]:
        """Return the names of the slots; those in one group stand side by side in Keras's files."""
        return []

    def slot_start(self, name: str) -> float:
        """Return the value that a slot starts with."""
        return 0.0

    def scalar_slots(self) -> dict[str, float]:
        """Return the slots that are one number for all parameters, with the values that they start with."""
        return {}

    def begin_step(self) -> None:
        """Change the scalar slots, once in every step."""

    def update(self, values: np.ndarray, grads: np.ndarray, slots: dict[str, np.ndarray], common: Common):
        """Take one step on one-dimensional arrays, changing ``values`` and ``slots`` in place."""
        raise NotImplementedError

    # Steps.

    @property
    def built(self) -> bool:
        """Whether the slots exist."""
        return self._parameters is not None

    def build(self, parameters: FlatParameters | Sequence[Parameter]) -> None:
        """Make the slots: one array per slot and parameter, of the parameter's shape and dtype.

        For ``FlatParameters`` each slot is one long array of the same layout.
        """
        if self.built:
            return
        names = [name for group in self.slot_groups() for name in group]
        if isinstance(parameters, FlatParameters):
            self._flat = parameters
            self._parameters = list(parameters.parameters)
            for name in names:
                self._flat_slots[name] = np.full_like(parameters.values, self.slot_start(name))
                self._slots[name] = parameters.views(self._flat_slots[name])
        else:
            self._parameters = list(parameters)
            for name in names:
                self._slots[name] = [np.full_like(p.value, self.slot_start(name)) for p in self._parameters]
        dtype = self._parameters[0].dtype if self._parameters else "float32"
        self._scalars = {name: np.array(start, dtype) for name, start in self.scalar_slots().items()}

    def step(self, flat: FlatParameters) -> None:
        """Take one step: change ``flat.values`` in place, given ``flat.grads``.

        Raises:
            ValueError: the optimizer was built for other parameters.
        """
        self.build(flat)
        if flat is not self._flat:
            raise ValueError(f"Optimizer '{self.name}' was built for other parameters. Make a new optimizer.")
        self.begin_step()
        with single_threaded_blas(), np.errstate(all="ignore"):  # what is NaN shows in the weights
            if self.clipnorm or self._excludes_any():
                self._step_by_parameter([(i, grad) for i, grad in enumerate(flat.views(flat.grads))])
            else:
                scale = norm_scale([flat.grads], self.global_clipnorm)
                common = self._common(flat.dtype, scale, decayed=True)
                self.update(flat.values, flat.grads, self._flat_slots, common)
        self._iterations += 1
        for parameter in self._parameters:
            parameter.constrain()

    def apply(
        self, grads: Sequence[np.ndarray | None], parameters: Sequence[Parameter] | None = None
    ) -> None:
        """Take one step in a training loop of one's own.

        Args:
            grads: one gradient per parameter; ``None`` leaves its parameter as it is.
            parameters: the parameters; needed in the first step only.

        Raises:
            ValueError: there are no parameters or no gradients, their numbers or shapes differ, or
                a parameter is not one of those that the optimizer was built for.
        """
        grads = list(grads)
        if not grads:
            return
        if parameters is None and not self.built:
            raise ValueError(
                "When passing `grads` without `parameters`, the optimizer must already be built. "
                "Call `optimizer.build(parameters)` first."
            )
        parameters = self._parameters if parameters is None else list(parameters)
        self.build(parameters)
        pairs = pair_gradients(grads, parameters, self._parameters)
        self.begin_step()
        with single_threaded_blas(), np.errstate(all="ignore"):
            self._step_by_parameter(pairs)
        self._iterations += 1
        for i, _ in pairs:
            self._parameters[i].constrain()

    def apply_gradients(self, grads_and_parameters: Iterable[tuple[np.ndarray | None, Parameter]]) -> int:
        """Take one step, given pairs as ``zip(grads, parameters)`` makes them; return the number of steps."""
        pairs = list(grads_and_parameters)
        self.apply([grad for grad, _ in pairs], [parameter for _, parameter in pairs])
        return self.iterations

    def _step_by_parameter(self, gradients: list[tuple[int, np.ndarray]]) -> None:
        """Update parameter by parameter, where they are not all treated alike."""
        global_scale = norm_scale([grad for _, grad in gradients], self.global_clipnorm)
        for i, grad in gradients:
            parameter = self._parameters[i]
            # At most one of the two norms is set, so one of the two factors is 1.
            scale = norm_scale([grad], self.clipnorm) * global_scale
            common = self._common(parameter.value.dtype, scale, self._is_decayed(parameter))
            slots = {name: views[i].reshape(-1) for name, views in self._slots.items()}
            self.update(parameter.value.reshape(-1), grad.reshape(-1), slots, common)

    # Clipping and weight decay.

    def _common(self, dtype: np.dtype, scale: float, decayed: bool) -> Common:
        limit = self.clipvalue if self.clipvalue and self.clipvalue > 0 else np.inf
        decay = rounded((self.weight_decay or 0.0) if decayed else 0.0, dtype) * dtype.type(
            self.learning_rate
        )
        return Common(dtype.type(scale), dtype.type(limit), decay)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Parameter] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave some parameters out of the weight decay; to be called before the first step.

        Args:
            var_list: parameters to leave out.
            var_names: every parameter whose path contains one of these (``["bias"]``) is left out.

        Raises:
            ValueError: the optimizer has been built already.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the optimizer is built."
            )
        self._excluded_parameters = list(var_list or [])
        self._excluded_names = re.compile("|".join(var_names)) if var_names else None

    def _excludes_any(self) -> bool:
        return bool(self._excluded_parameters) or self._excluded_names is not None

    def _is_decayed(self, parameter: Parameter) -> bool:
        if any(parameter is excluded for excluded in self._excluded_parameters):
            return False
        return self._excluded_names is None or not self._excluded_names.search(parameter.path)

    # State.

    @property
    def iterations(self) -> int:
        """The number of steps taken."""
        return int(self._iterations)

    @iterations.setter
    def iterations(self, value: int) -> None:
        self._iterations[...] = value

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        if callable(self._learning_rate):
            return float(self._learning_rate(self.iterations))
        return float(self._learning_rate)

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
        for group in self.slot_groups() if self.built else []:
            for of_one_parameter in zip(*(self._slots[name] for name in group), strict=True):
                state.extend(of_one_parameter)
        return state + list(self._scalars.values())

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

    def restore_scalars(self) -> None:
        """Give the scalar slots the values that they have after so many steps."""

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        learning_rate = self._learning_rate
        if callable(learning_rate):
            learning_rate = schedules.serialize(learning_rate)
        else:
            learning_rate = float(learning_rate)
        return {
            "name": self.name,
            "learning_rate": learning_rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            **NOT_SUPPORTED,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Optimizer":
        """Make an optimizer from the dictionary that ``get_config`` returned."""
        return cls(**config)


def norm_scale(gradients: Sequence[np.ndarray], clip: float | None) -> float:
    """Return the factor that shortens the gradients, taken as one long vector, to the norm ``clip``.

    The factor is 1 if they are not longer, and if ``clip`` is ``None`` or not positive. It is NaN if
    the norm is NaN or infinite, so that a broken gradient shows instead of becoming a zero.
    """
    if not clip or clip <= 0:
        return 1.0
    norm = math.sqrt(sum(sum_of_squares(gradient.reshape(-1)) for gradient in gradients))
    return clip / max(norm, clip) if math.isfinite(norm) else math.nan
