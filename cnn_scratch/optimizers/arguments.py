"""Checks of the arguments that optimizers share."""

import inspect
import warnings
from collections.abc import Callable

import numpy as np

# Keras's arguments that are not there, with the value that leaves them off. A loss is scaled to keep float16
# gradients from vanishing.
NOT_SUPPORTED = {"loss_scale_factor": None}


def rounded(value: float, dtype) -> np.floating:
    """Return ``value``, rounded to float32, in ``dtype``.

    Keras rounds the learning rate, the weight decay, SGD's momentum, the β of Adam's bias correction,
    both β of Lion and Nadam, and the first accumulator of Adagrad and Ftrl to float32, even for float64
    parameters. So do we, so that a run in float64 can be compared with Keras's to the last digit.
    """
    return np.dtype(dtype).type(np.float32(value))


def rate_after(function: Callable, steps: int) -> float:
    """Return the learning rate of a schedule, or of a function with or without the number of steps."""
    try:
        takes_steps = bool(inspect.signature(function).parameters)
    except ValueError:  # a function of C
        takes_steps = True
    return float(function(steps) if takes_steps else function())


def check_range(name: str, value: float, high: float, high_included: bool) -> None:
    """Check that a hyper-parameter lies between 0 and ``high``.

    Raises:
        ValueError: it does not.
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not (0 <= value < high or (high_included and value == high)):
        bracket = "]" if high_included else ")"
        raise ValueError(
            f"`{name}` must be a number in the range [0, {high}{bracket}. Received: {name}={value}"
        )


def check_options(options: dict) -> None:
    """Check the arguments beyond those that are implemented: only their "off" values may be given.

    Keras 2's ``decay`` changes nothing, as in Keras 3, which warns.

    Raises:
        ValueError: an argument is unknown, or switches on something that is not there.
    """
    if options.pop("decay", None) is not None:
        warnings.warn(
            "Argument `decay` is no longer supported and will be ignored. Give a schedule as "
            "`learning_rate`: schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay).",
            stacklevel=4,
        )
    unknown = {key: value for key, value in options.items() if key not in NOT_SUPPORTED}
    if unknown:
        raise ValueError(f"Argument(s) not recognized: {unknown}")
    for key, value in options.items():
        if value != NOT_SUPPORTED[key]:
            raise ValueError(f"Argument `{key}` is not supported. Received: {key}={value}")


def check_averages(momentum: float, overwrite_frequency: int | None) -> None:
    """Check the arguments of the moving average of the weights.

    Raises:
        ValueError: one is out of range.
    """
    check_range("ema_momentum", momentum, 1, high_included=True)
    is_count = isinstance(overwrite_frequency, int | np.integer) and overwrite_frequency >= 1
    if overwrite_frequency and not is_count:
        raise ValueError(
            "`ema_overwrite_frequency` must be an integer >= 1 or None. "
            f"Received: ema_overwrite_frequency={overwrite_frequency}"
        )


def check_accumulation(steps: int | None) -> None:
    """Check the number of gradients that are added up for one step.

    Raises:
        ValueError: it is neither ``None`` nor an integer above 1.
    """
    if steps and not (isinstance(steps, int | np.integer) and steps >= 2):
        raise ValueError(
            "`gradient_accumulation_steps` must be an integer >= 2. "
            f"Received: gradient_accumulation_steps={steps}"
        )


def check_learning_rate(learning_rate) -> None:
    """Check that a learning rate is a float, or can be asked for one.

    Raises:
        ValueError: it is something else.
    """
    if not callable(learning_rate) and not isinstance(learning_rate, float | np.floating):
        raise ValueError(
            "Argument `learning_rate` should be float, or a callable that takes the number of steps and "
            f"returns the learning rate. Received: learning_rate={learning_rate}"
        )


def check_clipping(**norms: float | None) -> None:
    """Check that at most one way of clipping gradients is asked for.

    Raises:
        ValueError: there are two.
    """
    if sum(norm is not None for norm in norms.values()) > 1:
        received = ", ".join(f"{name}={norm}" for name, norm in norms.items())
        raise ValueError(
            f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: {received}"
        )
