"""Which gradient belongs to which parameter, in your own training loop."""

import warnings
from collections.abc import Sequence

import numpy as np

from cnn_scratch.parameter import Parameter


def pair_gradients(
    grads: Sequence[np.ndarray | None], parameters: Sequence[Parameter], known: Sequence[Parameter]
) -> list[tuple[int, np.ndarray]]:
    """Return, for every gradient that is not ``None``, the index of its parameter in ``known`` and itself.

    Args:
        grads: one gradient per parameter; a warning names the parameters whose gradient is ``None``.
        parameters: the parameters, in the order of ``grads``.
        known: the parameters that the optimizer was built for.

    Raises:
        ValueError: the numbers or shapes differ, a parameter is not known, or every gradient is ``None``.
    """
    if len(grads) != len(parameters):
        raise ValueError(
            f"Expected one gradient per parameter. Received: {len(grads)} gradients, "
            f"{len(parameters)} parameters"
        )
    places = {id(parameter): place for place, parameter in enumerate(known)}
    pairs, missing = [], []
    for grad, parameter in zip(grads, parameters, strict=True):
        if id(parameter) not in places:
            raise ValueError(
                f"The optimizer was not built for parameter '{parameter.path}'. After a layer was made "
                "trainable, a new optimizer is needed: call `compile()` with one."
            )
        if grad is None:
            missing.append(parameter.path)
        else:
            pairs.append((places[id(parameter)], _checked(grad, parameter)))
    if not pairs:
        raise ValueError("No gradients provided for any parameter.")
    if missing:
        warnings.warn(
            f"Gradients do not exist for parameters {missing} when minimizing the loss. If using "
            "`model.compile()`, did you forget to provide a `loss` argument?",
            stacklevel=4,
        )
    return pairs


def _checked(grad, parameter: Parameter) -> np.ndarray:
    """Return the gradient, contiguous and of the parameter's dtype."""
    if np.shape(grad) != parameter.shape:
        raise ValueError(
            f"Expected the gradient of parameter '{parameter.path}' to have its shape, {parameter.shape}. "
            f"Received: {np.shape(grad)}"
        )
    return np.ascontiguousarray(grad, parameter.dtype).reshape(parameter.shape)
