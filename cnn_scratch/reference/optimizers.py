"""The textbook definitions of the optimizers: one step for one parameter w with gradient g.

Every function returns the new parameter and its new slots, and changes nothing it was given.
"""

import numpy as np


def clip_by_norm(g: np.ndarray, norm: float) -> np.ndarray:
    """Return g, shortened to ``norm`` if it is longer."""
    length = np.sqrt((g**2).sum())
    return g * norm / length if length > norm else g


def weight_decay(w: np.ndarray, decay: float, learning_rate: float) -> np.ndarray:
    """Return w pulled towards zero; done before the step."""
    return w - w * decay * learning_rate


def sgd(w, g, learning_rate):
    """Return the new w."""
    return w - learning_rate * g


def sgd_momentum(w, g, m, learning_rate, momentum, nesterov=False):
    """Return the new w and m."""
    m = momentum * m - learning_rate * g
    return (w + momentum * m - learning_rate * g if nesterov else w + m), m


def adam(w, g, m, v, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return the new w, m and v; t = 1 in the first step."""
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - alpha * m / (np.sqrt(v) + epsilon), m, v


def amsgrad(w, g, m, v, largest, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return the new w, m, v and the largest v so far."""
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    largest = np.maximum(largest, v)
    alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - alpha * m / (np.sqrt(largest) + epsilon), m, v, largest


def rmsprop(w, g, v, m, a, learning_rate, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    """Return the new w, v, m and a."""
    v = rho * v + (1 - rho) * g**2
    a = rho * a + (1 - rho) * g
    variance = v - a**2 if centered else v
    m = momentum * m + learning_rate * g / np.sqrt(variance + epsilon)
    return w - m, v, m, a


def adagrad(w, g, a, learning_rate, epsilon=1e-7):
    """Return the new w and a."""
    a = a + g**2
    return w - learning_rate * g / np.sqrt(a + epsilon), a


def adadelta(w, g, a, d, learning_rate, rho=0.95, epsilon=1e-7):
    """Return the new w, a (mean of g²) and d (mean of the squared steps)."""
    a = rho * a + (1 - rho) * g**2
    step = np.sqrt(d + epsilon) / np.sqrt(a + epsilon) * g
    d = rho * d + (1 - rho) * step**2
    return w - learning_rate * step, a, d


def adamax(w, g, m, u, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return the new w, m and u; t = 1 in the first step."""
    m = beta_1 * m + (1 - beta_1) * g
    u = np.maximum(beta_2 * u, np.abs(g))
    return w - learning_rate / (1 - beta_1**t) * m / (u + epsilon), m, u


def nadam(w, g, m, v, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return the new w, m and v; t = 1 in the first step."""
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    product = np.prod(beta_1 * (1 - 0.5 * 0.96 ** np.arange(1, t + 1)))
    warm_up = float(np.float32(0.96))  # Keras rounds it here, and in the product it does not
    now, then = beta_1 * (1 - 0.5 * warm_up**t), beta_1 * (1 - 0.5 * warm_up ** (t + 1))
    ahead = then * m / (1 - product * then) + (1 - now) * g / (1 - product)
    return w - learning_rate * ahead / (np.sqrt(v / (1 - beta_2**t)) + epsilon), m, v


def lion(w, g, m, learning_rate, beta_1=0.9, beta_2=0.99):
    """Return the new w and m."""
    w = w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * g)
    return w, beta_2 * m + (1 - beta_2) * g


def ftrl(w, g, a, z, learning_rate, power=0.5, l1=0.0, l2=0.0, shrinkage=0.0, beta=0.0):
    """Return the new w, a (sum of g²) and z; ``power`` is −learning_rate_power."""
    sigma = ((a + g**2) ** power - a**power) / learning_rate
    z = z + g + 2 * shrinkage * w - sigma * w
    a = a + g**2
    strength = (a**power + beta) / learning_rate + 2 * l2
    return np.where(np.abs(z) <= l1, 0, (np.sign(z) * l1 - z) / strength), a, z


def lamb(w, g, m, v, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return the new w, m and v; t = 1 in the first step."""
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    update = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    norm, length = np.linalg.norm(w), np.linalg.norm(update)
    return w - learning_rate * update * (norm / length if norm * length > 0 else 1), m, v


def adafactor(w, g, r, c, v, t, learning_rate, decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3, limit=1.0):
    """Return the new w, r, c and v; r and c stand for the rows and columns of the last two axes of w."""
    beta = 1 - float(t) ** decay
    square = g**2 + epsilon_1
    if w.ndim < 2:
        v = beta * v + (1 - beta) * square
    else:
        r = beta * r + (1 - beta) * square.mean(-1)
        c = beta * c + (1 - beta) * square.mean(-2)
        v = np.einsum("...i,...j->...ij", r, c) / r.mean(-1)[..., None, None]
    update = g / np.sqrt(v)
    update = update / max(1, np.sqrt((update**2).mean()) / limit)
    size = max(epsilon_2, np.sqrt((w**2).mean()))
    return w - min(learning_rate, t**-0.5) * size * update, r, c, v


def moving_average(average, w, t, momentum=0.99):
    """Return the new average of the weights; t = 1 in the first step, from which it starts."""
    return w if t == 1 else momentum * average + (1 - momentum) * w
