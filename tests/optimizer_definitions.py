"""Steps of every optimizer by its definition in ``reference/optimizers.py``."""

import numpy as np

from cnn_scratch import optimizers
from cnn_scratch.parameter import Parameter
from cnn_scratch.reference import optimizers as reference

SHAPES = [(3, 3, 2, 5), (5,), (20, 7), (1,)]
RATE = float(np.float32(0.01))
# Some hyper-parameters are rounded to float32, as in Keras; these are not changed by that.
ALL = [
    optimizers.SGD(0.01),
    optimizers.SGD(0.01, momentum=0.875),
    optimizers.SGD(0.01, momentum=0.875, nesterov=True),
    optimizers.Adam(0.01, beta_1=0.875, beta_2=0.9990234375),
    optimizers.Adam(0.01, beta_1=0.75, beta_2=0.9375, epsilon=1e-3, amsgrad=True),
    optimizers.AdamW(0.01, weight_decay=0.125, beta_1=0.875, beta_2=0.9990234375),
    optimizers.RMSprop(0.01),
    optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True, epsilon=1e-3),
    optimizers.Adagrad(0.01, initial_accumulator_value=0.375),
    optimizers.Adadelta(0.01, rho=0.8, epsilon=1e-3),
    optimizers.Adamax(0.01, beta_1=0.875, beta_2=0.8),
    optimizers.Nadam(0.01, beta_1=0.875, beta_2=0.9375),
    optimizers.Lion(0.01, beta_1=0.875, beta_2=0.96875),
    optimizers.Ftrl(0.01, initial_accumulator_value=0.125),
    optimizers.Ftrl(
        0.01,
        learning_rate_power=-0.75,
        initial_accumulator_value=0.375,
        l1_regularization_strength=0.5,
        l2_regularization_strength=0.25,
        l2_shrinkage_regularization_strength=0.125,
        beta=0.5,
    ),
    optimizers.Lamb(0.01, beta_1=0.875, beta_2=0.9375, epsilon=1e-3),
    optimizers.Adafactor(0.5),
    optimizers.Adafactor(0.01, beta_2_decay=-0.5, epsilon_1=0.25, epsilon_2=3.0, clip_threshold=0.25),
]


def make_parameters(dtype="float64"):
    rng = np.random.default_rng(5)
    return [Parameter(rng.normal(size=s).astype(dtype), "kernel" if len(s) > 1 else "bias") for s in SHAPES]


def by_the_book(optimizer, gradients):
    """Return the parameters after the steps, by the definitions."""
    c = optimizer.get_config()
    rule = RULES[type(optimizer)](c)
    start = c.get("initial_accumulator_value", 0)
    values = [parameter.value for parameter in make_parameters()]
    slots = [[np.full_like(v, start), np.zeros_like(v), np.zeros_like(v)] for v in values]
    if type(optimizer) is optimizers.Adafactor:
        slots = [[0.0, 0.0, 0.0] for _ in values]  # of three shapes
    for t, step in enumerate(gradients, 1):
        for i, g in enumerate(step):
            w = reference.weight_decay(values[i], c["weight_decay"] or 0, c["learning_rate"])
            values[i], *slots[i] = rule(w, g, *slots[i], t)
    return values


def sgd(c):
    if c["momentum"]:
        momentum = c["momentum"], c["nesterov"]
        return lambda w, g, m, b, d, t: (*reference.sgd_momentum(w, g, m, RATE, *momentum), b, d)
    return lambda w, g, a, b, d, t: (reference.sgd(w, g, RATE), a, b, d)


def adam(c):
    betas = c["beta_1"], c["beta_2"], c["epsilon"]
    if c["amsgrad"]:
        return lambda w, g, m, v, top, t: reference.amsgrad(w, g, m, v, top, t, RATE, *betas)
    return lambda w, g, m, v, top, t: (*reference.adam(w, g, m, v, t, RATE, *betas), top)


def rmsprop(c):
    options = c["rho"], c["momentum"], c["epsilon"], c["centered"]
    return lambda w, g, v, m, a, t: reference.rmsprop(w, g, v, m, a, RATE, *options)


def adagrad(c):
    return lambda w, g, a, b, d, t: (*reference.adagrad(w, g, a, RATE, c["epsilon"]), b, d)


def adadelta(c):
    options = c["rho"], c["epsilon"]
    return lambda w, g, a, b, d, t: (*reference.adadelta(w, g, a, b, RATE, *options), d)


def adamax(c):
    betas = c["beta_1"], c["beta_2"], c["epsilon"]
    return lambda w, g, m, u, d, t: (*reference.adamax(w, g, m, u, t, RATE, *betas), d)


def nadam(c):
    betas = c["beta_1"], c["beta_2"], c["epsilon"]
    return lambda w, g, m, v, d, t: (*reference.nadam(w, g, m, v, t, RATE, *betas), d)


def lion(c):
    betas = c["beta_1"], c["beta_2"]
    return lambda w, g, m, b, d, t: (*reference.lion(w, g, m, RATE, *betas), b, d)


def ftrl(c):
    strengths = (c[f"{name}_regularization_strength"] for name in ("l1", "l2", "l2_shrinkage"))
    options = -c["learning_rate_power"], *strengths, c["beta"]
    return lambda w, g, a, z, d, t: (*reference.ftrl(w, g, a, z, RATE, *options), d)


def lamb(c):
    betas = c["beta_1"], c["beta_2"], c["epsilon"]
    return lambda w, g, m, v, d, t: (*reference.lamb(w, g, m, v, t, RATE, *betas), d)


def adafactor(c):
    options = (c[name] for name in ("learning_rate", "beta_2_decay", "epsilon_1", "epsilon_2"))
    options = *options, c["clip_threshold"]
    return lambda w, g, r, k, v, t: reference.adafactor(w, g, r, k, v, t, *options)


# The definition of each optimizer: configuration → (w, g, three slots, t) → the new w and slots.
RULES = {
    optimizers.SGD: sgd,
    optimizers.Adam: adam,
    optimizers.AdamW: adam,
    optimizers.RMSprop: rmsprop,
    optimizers.Adagrad: adagrad,
    optimizers.Adadelta: adadelta,
    optimizers.Adamax: adamax,
    optimizers.Nadam: nadam,
    optimizers.Lion: lion,
    optimizers.Ftrl: ftrl,
    optimizers.Lamb: lamb,
    optimizers.Adafactor: adafactor,
}
