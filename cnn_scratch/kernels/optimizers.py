"""One pass over all parameters per training step, for each optimizer.

Every array is one-dimensional and of one dtype; every scalar has that dtype too, so that nothing is
promoted to float64 inside a loop. ``values`` and the slots are changed in place. Each kernel ends
with what the optimizers have in common, the clipped gradient and the weight decay::

    g = grad · scale, then clipped to ±limit        (scale: clipping by norm; limit: by value)
    w ← w − w · decay − step

The arrays are cut into blocks of fixed size, so that how an element is computed (in a vector
register or at the end of a loop) does not depend on the number of threads. A block is taken as a
slice because the compiler then knows that its indices count from 0, and uses vector instructions.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

BLOCK = 16384


@compiled
def _blocks(size):
    return (size + BLOCK - 1) // BLOCK


@compiled
def _block(number):
    return slice(number * BLOCK, (number + 1) * BLOCK)


@compiled
def _clipped(grad, limit):
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
def sgd(turns, values, grads, scale, limit, decay, learning_rate):
    """Plain gradient descent: step = learning_rate·g."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g = values[part], grads[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            w[i] = w[i] - w[i] * decay - learning_rate * grad


@compiled_parallel
def sgd_momentum(turns, values, grads, momenta, scale, limit, decay, learning_rate, momentum, nesterov):
    """With momentum: m ← momentum·m − learning_rate·g; step = −m, or one step of m further on."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m = values[part], grads[part], momenta[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            moved = m[i] * momentum - learning_rate * grad
            m[i] = moved
            if nesterov:
                moved = moved * momentum - learning_rate * grad
            w[i] = w[i] - w[i] * decay + moved


@compiled_parallel
def adam(turns, values, grads, momenta, velocities, scale, limit, decay, alpha, rate_1, rate_2, epsilon):
    """Adam: m ← m + rate_1·(g − m); v ← v + rate_2·(g² − v); step = alpha·m / (√v + epsilon)."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m, v = values[part], grads[part], momenta[part], velocities[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            m[i] += (grad - m[i]) * rate_1
            v[i] += (grad * grad - v[i]) * rate_2
            w[i] = w[i] - w[i] * decay - m[i] * alpha / (np.sqrt(v[i]) + epsilon)


@compiled_parallel
def adam_amsgrad(
    turns, values, grads, momenta, velocities, largest, scale, limit, decay, alpha, rate_1, rate_2, epsilon
):
    """Like ``adam``, with the largest v so far below the root."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, m, v, top = values[part], grads[part], momenta[part], velocities[part], largest[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            m[i] += (grad - m[i]) * rate_1
            v[i] += (grad * grad - v[i]) * rate_2
            top[i] = np.maximum(top[i], v[i])
            w[i] = w[i] - w[i] * decay - m[i] * alpha / (np.sqrt(top[i]) + epsilon)


@compiled_parallel
def rmsprop(
    turns,
    values,
    grads,
    velocities,
    averages,
    momenta,
    scale,
    limit,
    decay,
    learning_rate,
    rho,
    rate,
    momentum,
    epsilon,
    centered,
    with_momentum,
):
    """RMSprop: v ← rho·v + rate·g², where rate = 1 − rho; step = learning_rate·g / √(v + epsilon).

    Centered: a ← rho·a + rate·g, and v − a² in place of v below the root. With momentum: m ←
    momentum·m + step, and m is the step. ``averages`` and ``momenta`` may be empty if not used.
    """
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, v, a, m = values[part], grads[part], velocities[part], averages[part], momenta[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            v[i] = rho * v[i] + rate * (grad * grad)
            variance = v[i]
            if centered:
                a[i] = rho * a[i] + rate * grad
                variance = v[i] - a[i] * a[i]
            step = learning_rate * grad / np.sqrt(variance + epsilon)
            if with_momentum:
                m[i] = momentum * m[i] + step
                step = m[i]
            w[i] = w[i] - w[i] * decay - step


@compiled_parallel
def adagrad(turns, values, grads, accumulators, scale, limit, decay, learning_rate, epsilon):
    """Adagrad: a ← a + g²; step = learning_rate·g / √(a + epsilon)."""
    for number in shared(turns, _blocks(values.size)):
        part = _block(number)
        w, g, a = values[part], grads[part], accumulators[part]
        for i in range(w.size):
            grad = _clipped(g[i] * scale, limit)
            a[i] += grad * grad
            w[i] = w[i] - w[i] * decay - learning_rate * grad / np.sqrt(a[i] + epsilon)
