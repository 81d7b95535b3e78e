"""The base class of every optimizer: what a step is, with clipping, weight decay and slots."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.optimizers import Common
from cnn_scratch.naming import to_snake_case
from cnn_scratch.optimizers import schedules
from cnn_scratch.optimizers.arguments import (
    NOT_SUPPORTED,
    check_accumulation,
    check_averages,
    check_clipping,
    check_learning_rate,
    check_options,
    rounded,
)
from cnn_scratch.optimizers.common import norm_scale
from cnn_scratch.optimizers.pairing import pair_gradients
from cnn_scratch.optimizers.slots import SUM, Slots, WeightAverages
from cnn_scratch.optimizers.state import State
from cnn_scratch.optimizers.weight_decay import ExclusionFromDecay
from cnn_scratch.parameter import FlatParameters, Parameter


class Optimizer(State, WeightAverages, ExclusionFromDecay):
    """Changes parameters so that the loss falls, given the gradients.

    Weight decay comes first, with the old value: ``value ← value − value · weight_decay ·
    learning_rate`` (decoupled from the gradient: Loshchilov and Hutter, "Decoupled weight decay
    regularization", 2019). Then the optimizer's own rule, with the clipped gradient.

    A subclass says which slots it keeps for each parameter (``slot_groups``) and how one step
    changes values and slots: element by element (``update``), or with something that belongs to a whole
    parameter, such as its norm (``is_elementwise = False`` and ``update_parameter``).

    Args:
        learning_rate: a float (kept as float32, as in Keras), a schedule, or a function without arguments
            or of the number of steps taken so far.
        weight_decay: factor of the weight decay, or ``None``.
        clipnorm: the gradient of each parameter is shortened to this norm where it is longer.
        clipvalue: every element of every gradient is clipped to ±clipvalue.
        global_clipnorm: all gradients together are shortened to this norm.
        use_ema: whether a moving average of the parameters is kept; see ``WeightAverages``. At the end
            of ``fit`` the parameters become their averages; until then ``SwapEMAWeights`` shows them.
        ema_momentum: how much of the average stays in a step, between 0 and 1.
        ema_overwrite_frequency: after every so many steps the parameters become their averages, too.
        gradient_accumulation_steps: so many gradients (at least 2) make one step, with their mean, as
            if their batches were one.
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
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **options,
    ):
        check_options(options)
        check_accumulation(gradient_accumulation_steps)
        if use_ema:
            check_averages(ema_momentum, ema_overwrite_frequency)
        if isinstance(learning_rate, dict):  # the node of a schedule, in the config of an optimizer
            learning_rate = schedules.deserialize(learning_rate)
        check_learning_rate(learning_rate)
        check_clipping(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self.name = name or to_snake_case(type(self).__name__)
        if hasattr(self, "update_step"):
            raise TypeError(
                f"Optimizer '{self.name}' cannot be used, since nothing here calls its `update_step`. "
                "Expected: `slot_groups` and `update`, which changes arrays in place. "
                "The file optimizers/sgd.py shows how."
            )
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._iterations = np.zeros((), np.int64)
        self._learning_rate = (
            learning_rate if callable(learning_rate) else np.array(learning_rate, np.float32)
        )
        self._parameters: list[Parameter] | None = None
        self._flat: FlatParameters | None = None
        self._slots: Slots | None = None
        self._scalars: dict[str, np.ndarray] = {}

    # What a subclass defines.

    is_elementwise = True

    def slot_groups(self) -> list[tuple[str, ...]]:
        """Return the names of the slots; those in one group stand side by side in Keras's files."""
        return []

    def slot_start(self, name: str) -> float:
        """Return the value that a slot starts with."""
        return 0.0

    def slot_form(self, name: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], str | None]:
        """Return the shape of a slot for a parameter of a shape, and its dtype if not the parameter's."""
        return shape, None

    def scalar_slots(self) -> dict[str, float]:
        """Return the slots that are one number for all parameters, with the values that they start with."""
        return {}

    def begin_step(self) -> None:
        """Change the scalar slots, once in every step."""

    def restore_scalars(self) -> None:
        """Give the scalar slots the values that they have after so many steps."""

    def update(self, values: np.ndarray, grads: np.ndarray, slots: dict[str, np.ndarray], common: Common):
        """Take one step on one-dimensional arrays, changing ``values`` and ``slots`` in place."""
        raise NotImplementedError(f"Optimizer '{self.name}' must implement `update`.")

    def update_parameter(self, value: np.ndarray, grad: np.ndarray, slots: dict, common: Common) -> None:
        """Take one step on the arrays of one parameter, in their shapes."""
        slots = {name: slot.reshape(-1) for name, slot in slots.items()}
        self.update(value.reshape(-1), grad.reshape(-1), slots, common)

    # Steps.

    def build(self, parameters: FlatParameters | Sequence[Parameter]) -> None:
        """Make the slots: one array per slot and parameter, of the parameter's shape and dtype.

        For ``FlatParameters`` each slot is one long array of the same layout.
        """
        if self.built:
            return
        is_flat = isinstance(parameters, FlatParameters)
        self._flat = parameters if is_flat else None
        self._parameters = list(parameters.parameters if is_flat else parameters)
        self._slots = Slots(self, parameters if is_flat else self._parameters)
        dtype = self._parameters[0].dtype if self._parameters else "float32"
        self._scalars = {name: np.array(start, dtype) for name, start in self.scalar_slots().items()}

    def step(self, flat: FlatParameters) -> None:
        """Take one step: change ``flat.values`` in place, given ``flat.grads``.

        Raises:
            ValueError: the optimizer was not built for one of the parameters, or none has a gradient.
        """
        self.build(flat)
        grads = flat.reached_grads()
        if flat is not self._flat or any(grad is None for grad in grads):
            return self.apply(grads, flat.parameters)  # a layer was frozen, or has no part in the loss
        with single_threaded_blas(), np.errstate(all="ignore"):  # what is NaN shows in the weights
            due = self._due([flat.grads], [self._slots.flat.get(SUM)])
            if due and self.is_elementwise and not self.clipnorm and not self._excludes_any():
                common = self._common(flat.dtype, norm_scale(due, self.global_clipnorm), decayed=True)
                self.update(flat.values, due[0], self._slots.flat, common)
            elif due:
                self._step_by_parameter(list(enumerate(flat.views(due[0]))))
            self._end_step(range(len(self._parameters)))

    def apply(
        self, grads: Sequence[np.ndarray | None], parameters: Sequence[Parameter] | None = None
    ) -> None:
        """Take one step, in your own training loop.

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
        places = [i for i, _ in pairs]
        sums = self._slots.of.get(SUM)
        with single_threaded_blas(), np.errstate(all="ignore"):
            due = self._due([grad for _, grad in pairs], [None if sums is None else sums[i] for i in places])
            if due:
                self._step_by_parameter(list(zip(places, due, strict=True)))
            self._end_step(places)

    def apply_gradients(self, grads_and_parameters: Iterable[tuple[np.ndarray | None, Parameter]]) -> int:
        """Take one step, given pairs as ``zip(grads, parameters)`` makes them; return the number of steps."""
        pairs = list(grads_and_parameters)
        self.apply([grad for grad, _ in pairs], [parameter for _, parameter in pairs])
        return self.iterations

    def _due(self, grads: list[np.ndarray], sums: list[np.ndarray | None]) -> list[np.ndarray] | None:
        """Return the gradients of a step that begins now; ``None`` if they are only added to their sums.

        Args:
            grads: of this batch.
            sums: of the batches before; each is ``None`` if every batch makes a step.
        """
        steps = self.gradient_accumulation_steps
        if steps:
            for total, grad in zip(sums, grads, strict=True):
                total += grad
            if (self._iterations + 1) % steps:
                return None
            for total in sums:
                total /= total.dtype.type(steps)
            grads = sums
        self.begin_step()
        return grads

    def _end_step(self, places: Iterable[int]) -> None:
        """Do what follows the rule; ``places`` are the numbers of the parameters that had a gradient."""
        steps = self.gradient_accumulation_steps
        if steps and (self._iterations + 1) % steps == 0:
            for total in self._slots.of[SUM]:
                total[...] = 0
        self._move_averages()
        self._iterations += 1
        for i in places:
            self._parameters[i].constrain()

    def _step_by_parameter(self, gradients: list[tuple[int, np.ndarray]]) -> None:
        """Update parameter by parameter, where they are not all treated alike."""
        global_scale = norm_scale([grad for _, grad in gradients], self.global_clipnorm)
        for i, grad in gradients:
            parameter = self._parameters[i]
            # At most one of the two norms is set, so one of the two factors is 1.
            scale = norm_scale([grad], self.clipnorm) * global_scale
            common = self._common(parameter.value.dtype, scale, self._is_decayed(parameter))
            self.update_parameter(parameter.value, grad, self._slots.of_parameter(i), common)

    # Clipping and weight decay.

    def _common(self, dtype: np.dtype, scale: float, decayed: bool) -> Common:
        limit = self.clipvalue if self.clipvalue and self.clipvalue > 0 else np.inf
        weight_decay = (self.weight_decay or 0.0) if decayed else 0.0
        decay = rounded(weight_decay, dtype) * dtype.type(self.learning_rate)
        return Common(dtype.type(scale), dtype.type(limit), decay)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": schedules.serialize(rate) if callable(rate) else float(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            **self._average_config(),
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **NOT_SUPPORTED,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Optimizer":
        """Make an optimizer from the dictionary that ``get_config`` returned."""
        return cls(**config)
