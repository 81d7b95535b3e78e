"""Checks of the arguments that optimizers share."""

import numpy as np

# Keras's arguments that are not there yet, with the value that leaves them off.
NOT_SUPPORTED = {
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


def rounded(value: float, dtype) -> np.floating:
    """Return ``value``, rounded to float32, in ``dtype``.

    Keras rounds the learning rate, the weight decay, SGD's momentum, the β of Adam's bias correction,
    both β of Lion and Nadam, and the first accumulator of Adagrad and Ftrl to float32, even for float64
    parameters. So do we, so that a run in float64 can be compared with Keras's to the last digit.
    """
    return np.dtype(dtype).type(np.float32(value))


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

    Raises:
        ValueError: an argument is unknown, or switches on something that is not there.
    """
    unknown = {key: value for key, value in options.items() if key not in NOT_SUPPORTED}
    if unknown:
        raise ValueError(f"Argument(s) not recognized: {unknown}")
    for key, value in options.items():
        # `ema_momentum` alone changes nothing: it counts only together with `use_ema`.
        if key != "ema_momentum" and value != NOT_SUPPORTED[key]:
            raise ValueError(f"Argument `{key}` is not supported. Received: {key}={value}")
