"""Gradient checks: does ``backward`` compute the derivative of ``forward``?

For a layer with outputs f(x), a random array r of the outputs' shape turns them into one number,
L(x) = Σ r · f(x). Then ∂L/∂f = r, so ``backward(r)`` must give ∂L/∂x and ∂L/∂parameter. Along a
random direction v the derivative of L can be measured without any calculus::

    (8·(L(x + hv) − L(x − hv)) − (L(x + 2hv) − L(x − 2hv))) / 12h   =   Σ ∂L/∂x · v   +  O(h⁴)

A wrong sign, index or factor anywhere in the gradient shows in almost every direction.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class GradientError(AssertionError):
    """A gradient that ``backward`` computed is not the derivative of ``forward``."""


@dataclass(frozen=True)
class GradientCheck:
    """One compared derivative.

    Attributes:
        name: ``"inputs"`` (``"inputs[0]"``, … if there are several) or the path of a parameter.
        computed: Σ gradient · direction, by ``backward``.
        measured: the same by finite differences.
        error: |computed − measured|, as a share of the length of the gradient (or of |measured|, if that is
            larger; at least of 0.001).
    """

    name: str
    computed: float
    measured: float
    error: float


def check_gradients(
    layer, inputs, training: bool = False, tolerance: float = 1e-7, directions: int = 3, seed: int = 0
) -> list[GradientCheck]:
    """Compare every gradient of a layer or model with finite differences, in float64.

    Args:
        layer: anything with ``forward``, ``backward`` and ``weights``; its dtype must be float64,
            because differences of float32 numbers are too coarse to tell a bug from rounding.
        inputs: an array of the layer's input shape, batch first; a list of arrays if it has several inputs.
        training: passed on to ``forward``. A random layer gets the same random numbers each time.
        tolerance: the largest accepted ``error``.
        directions: how many random directions are tried for the inputs and for each parameter.
        seed: of the random directions.

    Returns:
        One ``GradientCheck`` per direction, for the inputs and for every trainable parameter.

    Raises:
        GradientError: an error above ``tolerance``; the message names the gradient.
        ValueError: the layer is not float64.

    Example:
        >>> from cnn_scratch import layers
        >>> checks = check_gradients(layers.Dense(2, dtype="float64", name="mine"), np.ones((4, 3)))
        >>> [check.name for check in checks[::3]]
        ['inputs', 'mine/kernel', 'mine/bias']
    """
    if layer.dtype != "float64":
        raise ValueError(
            "A gradient check needs a layer that computes in float64: make it with dtype='float64'. "
            f"Received: {layer!r} with dtype={layer.dtype!r}"
        )
    rng = np.random.default_rng(seed)
    several = isinstance(inputs, list | tuple)
    inputs = [np.array(array, np.float64) for array in inputs] if several else np.array(inputs, np.float64)
    layer(inputs, training=training)  # builds it
    start = [variable.value.copy() for variable in layer.variables]

    def run():
        _restore(layer, start)
        return layer.forward(inputs, training=training)

    outputs, cache = run()
    upstream = rng.normal(size=outputs.shape)
    for parameter in layer.trainable_weights:
        parameter.grad[...] = 0
    grad_inputs = layer.backward(upstream.copy(), cache)
    # Arrays that are varied in place, beside the gradient that backward computed for them.
    compared = [("inputs", inputs, grad_inputs)]
    if several:
        compared = [(f"inputs[{i}]", inputs[i], grad_inputs[i]) for i in range(len(inputs))]
    compared += [(p.path, p.value, p.grad.copy()) for p in layer.trainable_weights]

    checks = []
    for name, array, gradient in compared:
        if gradient.shape != array.shape:
            raise GradientError(f"The gradient of {name} has shape {gradient.shape}. Expected: {array.shape}")
        original = array.copy()
        for _ in range(directions):
            direction = rng.normal(size=array.shape)

            def loss(h, array=array, original=original, direction=direction):
                # The other arrays go back to their start, this one moves along the direction.
                moved = original + h * direction
                _restore(layer, start)
                array[...] = moved
                return float(np.sum(upstream * layer.forward(inputs, training=training)[0]))

            checks.append(_compare(name, gradient, direction, _derivative(loss)))
            array[...] = original
    _restore(layer, start)
    worst = max(checks, key=lambda check: check.error)
    if not worst.error <= tolerance:
        raise GradientError(
            f"The gradient of {worst.name} in {layer!r} is wrong: along a random direction backward gives "
            f"{worst.computed:.10g}, finite differences give {worst.measured:.10g} "
            f"(error {worst.error:.1e}, tolerance {tolerance:.1e})"
        )
    return checks


def _derivative(loss: Callable[[float], float], h: float = 1e-5) -> float:
    return (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)


def _compare(name: str, gradient: np.ndarray, direction: np.ndarray, measured: float) -> GradientCheck:
    computed = float(np.sum(gradient * direction))
    scale = max(float(np.linalg.norm(gradient)), abs(measured), 1e-3)
    return GradientCheck(name, computed, measured, abs(computed - measured) / scale)


def _restore(layer, values: list[np.ndarray]) -> None:
    """Put parameters, moving averages and random counters back, so that every forward is the same."""
    for variable, value in zip(layer.variables, values, strict=True):
        variable.value[...] = value
