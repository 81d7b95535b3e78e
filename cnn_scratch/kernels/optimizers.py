"""One pass over all parameters per training step, for each optimizer.

Every array is one-dimensional and of one dtype; every scalar has that dtype too, so that nothing is
promoted to float64 inside a loop. ``values`` and the slots are changed in place. What the optimizers
have ``common`` is the clipped gradient g, with which a rule begins, and the weight decay, with which
it ends::

    g = grad · scale, then clipped to ±limit
    w ← w − w · decay − step

The arrays are cut into blocks of fixed size, so that how an element is computed (in a vector
register or at the end of a loop) does not depend on the number of threads. A block is taken as a
slice because the compiler then knows that its indices count from 0, and uses vector instructions.
"""

from typing import NamedTuple

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

BLOCK = 16384


class Common(NamedTuple):
    """What a step has to know besides its rule; scalars of the parameters' dtype.

    Args:
        scale: factor of the gradient, by which it is clipped by norm.
        limit: each element of the gradient is clipped to ±limit.
        decay: the share of each value that the weight decay takes away.
    """

    scale: np.floating
    limit: np.floating
    decay: np.floating


@compiled
def _blocks(size):
    return (size + BLOCK - 1) // BLOCK


@compiled
def _block(number):
    return slice(number * BLOCK, (number + 1) * BLOCK)


@compiled
def _clipped(grad, common):
    grad, limit = grad * common.scale, common.limit
    if grad > limit:
        return limit
    if grad < -limit:
        return -limit
    return grad  # NaN too


def sum_of_squares(values) -> float:
    """Return Σ value², in float64."""
    partial = np.zeros(_blocks(values.size))
    squares_of_blocks(values, partial)
    return partial.sum()


@compiled_parallel
def squares_of_blocks(turns, values, partial):
    """Write Σ value² of each block to ``partial``."""
    for number in shared(turns, partial.size):
        total = np.float64(0)
        for value in values[_block(number)]:
            total += np.float64(value) * np.float64(value)
        partial[number] = total


@compiled_parallel
def sgd(turns, values, grads, common, learning_rate):
    """Plain gradient descent: step = learning_rate·g."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g = values[part], grads[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            w[i] = w[i] - w[i] * common.decay - learning_rate * grad


@compiled_parallel
def sgd_momentum(turns, values, grads, momenta, common, learning_rate, momentum, nesterov):
    """With momentum: m ← momentum·m − learning_rate·g; step = −m, or one step of m further on."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m = values[part], grads[part], momenta[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            moved = m[i] * momentum - learning_rate * grad
            m[i] = moved
            if nesterov:
                moved = moved * momentum - learning_rate * grad
            w[i] = w[i] - w[i] * common.decay + moved


@compiled_parallel
def adam(turns, values, grads, momenta, velocities, common, scalars):
    """Adam: m ← m + rate_1·(g − m); v ← v + rate_2·(g² − v); step = alpha·m / (√v + epsilon)."""
    alpha, rate_1, rate_2, epsilon = scalars
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m, v = values[part], grads[part], momenta[part], velocities[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            m[i] += (grad - m[i]) * rate_1
            v[i] += (grad * grad - v[i]) * rate_2
            w[i] = w[i] - w[i] * common.decay - m[i] * alpha / (np.sqrt(v[i]) + epsilon)


@compiled_parallel
def adam_amsgrad(turns, values, grads, momenta, velocities, largest, common, scalars):
    """Like ``adam``, with the largest v so far below the root."""
    alpha, rate_1, rate_2, epsilon = scalars
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m, v, top = values[part], grads[part], momenta[part], velocities[part], largest[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            m[i] += (grad - m[i]) * rate_1
            v[i] += (grad * grad - v[i]) * rate_2
            top[i] = np.maximum(top[i], v[i])
            w[i] = w[i] - w[i] * common.decay - m[i] * alpha / (np.sqrt(top[i]) + epsilon)


@compiled_parallel
def rmsprop(turns, values, grads, velocities, averages, momenta, common, scalars):
    """RMSprop: v ← rho·v + rate·g², where rate = 1 − rho; step = learning_rate·g / √(v + epsilon).

    Centered: a ← rho·a + rate·g, and v − a² in place of v below the root. With momentum: m ←
    momentum·m + step, and m is the step. An array ``averages`` or ``momenta`` that is empty: without it.
    """
    learning_rate, rho, rate, momentum, epsilon = scalars
    centered, with_momentum = averages.size > 0, momenta.size > 0
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, v, a, m = values[part], grads[part], velocities[part], averages[part], momenta[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            v[i] = rho * v[i] + rate * (grad * grad)
            variance = v[i]
            if centered:
                a[i] = rho * a[i] + rate * grad
                variance = v[i] - a[i] * a[i]
            step = learning_rate * grad / np.sqrt(variance + epsilon)
            if with_momentum:
                m[i] = momentum * m[i] + step
                step = m[i]
            w[i] = w[i] - w[i] * common.decay - step


@compiled_parallel
def adagrad(turns, values, grads, accumulators, common, learning_rate, epsilon):
    """Adagrad: a ← a + g²; step = learning_rate·g / √(a + epsilon)."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, a = values[part], grads[part], accumulators[part]
        for i in range(w.size):
            grad = _clipped(g[i], common)
            a[i] += grad * grad
            w[i] = w[i] - w[i] * common.decay - learning_rate * grad / np.sqrt(a[i] + epsilon)
