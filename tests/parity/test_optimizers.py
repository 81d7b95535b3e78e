"""The parameters after 20 steps with random gradients, against Keras, for every combination of options."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import optimizers
from cnn_scratch.parameter import FlatParameters, Parameter

# Keras 3.15 forgets it in this table, and so cannot read its own nodes and files of Lamb.
keras.src.optimizers.ALL_OBJECTS_DICT.setdefault("lamb", keras.optimizers.Lamb)
STEPS = 20
SHAPES = [(3, 4), (4,)]

fractions = st.floats(0.1, 0.99)
epsilons = st.sampled_from([1e-7, 1e-3, 1.0])
OWN_OPTIONS = {
    "SGD": {"momentum": st.sampled_from([0.0, 0.5, 0.9]), "nesterov": st.booleans()},
    "Adam": {"beta_1": fractions, "beta_2": fractions, "epsilon": epsilons, "amsgrad": st.booleans()},
    "AdamW": {"beta_1": fractions, "beta_2": fractions, "amsgrad": st.booleans()},
    "RMSprop": {
        "rho": fractions,
        "momentum": st.sampled_from([0.0, 0.5, 0.9]),
        "epsilon": epsilons,
        "centered": st.booleans(),
    },
    "Adagrad": {"initial_accumulator_value": st.floats(0.01, 1), "epsilon": epsilons},
    "Adadelta": {"rho": fractions, "epsilon": epsilons},
    "Adamax": {"beta_1": fractions, "beta_2": fractions, "epsilon": epsilons},
    "Nadam": {"beta_1": fractions, "beta_2": fractions, "epsilon": epsilons},
    "Lion": {"beta_1": fractions, "beta_2": fractions},
    "Ftrl": {
        "learning_rate_power": st.sampled_from([-0.5, -0.3, -1.0]),
        "initial_accumulator_value": st.floats(0.01, 1),
        "l1_regularization_strength": st.sampled_from([0.0, 0.1, 3.0]),
        "l2_regularization_strength": st.sampled_from([0.0, 0.1]),
        "l2_shrinkage_regularization_strength": st.sampled_from([0.0, 0.1]),
        "beta": st.sampled_from([0.0, 0.5]),
    },
    "Lamb": {"beta_1": fractions, "beta_2": fractions, "epsilon": epsilons},
    "Adafactor": {
        "beta_2_decay": st.sampled_from([-0.8, -0.5, -1.5]),
        "epsilon_1": st.sampled_from([1e-30, 1e-3]),
        "epsilon_2": st.sampled_from([1e-3, 1.0]),
        "clip_threshold": st.sampled_from([1.0, 0.1, 10.0]),
        "relative_step": st.booleans(),
    },
}


@st.composite
def options(draw, name):
    drawn = {key: draw(strategy) for key, strategy in OWN_OPTIONS[name].items()}
    drawn["learning_rate"] = draw(st.sampled_from([0.1, 0.01, 0.003]))
    if name == "AdamW" or draw(st.booleans()):
        drawn["weight_decay"] = draw(st.sampled_from([0.004, 0.3]))
    clip = draw(st.sampled_from([None, "clipnorm", "clipvalue", "global_clipnorm"]))
    if clip:
        drawn[clip] = draw(st.sampled_from([0.05, 1.0, 100.0]))
    if draw(st.booleans()):
        drawn["use_ema"] = True
        drawn["ema_momentum"] = draw(st.sampled_from([0.0, 0.9, 0.99, 1.0]))
        drawn["ema_overwrite_frequency"] = draw(st.sampled_from([None, 1, 3, 7]))
    if draw(st.booleans()):
        drawn["gradient_accumulation_steps"] = draw(st.sampled_from([2, 3, 7]))
    return drawn


def both(name, arguments, dtype, seed):
    """Return our optimizer and Keras's, our parameters and Keras's, after the same 20 steps."""
    rng = np.random.default_rng(seed)
    start = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    ours, theirs = (getattr(k, name).from_config(dict(arguments)) for k in (optimizers, keras.optimizers))
    parameters = [Parameter(value, f"w{i}") for i, value in enumerate(start)]
    variables = [keras.Variable(value, dtype=dtype, name=f"w{i}") for i, value in enumerate(start)]
    flat = FlatParameters(parameters)
    theirs.build(variables)
    keras_step = tf.function(lambda *gradients: theirs.apply(list(gradients)))  # faster than step by step
    for _ in range(STEPS):
        scale = 10.0 ** rng.integers(-2, 2)
        gradients = [(scale * rng.normal(size=shape)).astype(dtype) for shape in SHAPES]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad[...] = gradient
        ours.step(flat)
        keras_step(*[tf.constant(gradient) for gradient in gradients])
    return ours, theirs, parameters, variables


def check(name, arguments, dtype, seed):
    ours, theirs, parameters, variables = both(name, arguments, dtype, seed)
    assert ours.iterations == int(theirs.iterations)
    # A step rounds at most about ten times, 20 steps add up, momentum makes 10 of each.
    rounding = 2.0**-24 if dtype == "float32" else 2.0**-53
    for ours_value, theirs_value in [
        *((p.value, v.numpy()) for p, v in zip(parameters, variables, strict=True)),
        *((o, t.numpy()) for o, t in zip(ours.variables[1:], theirs.variables[1:], strict=True)),
    ]:
        assert ours_value.dtype == theirs_value.dtype
        bound = 2000 * rounding * max(1.0, np.abs(theirs_value).max())
        np.testing.assert_allclose(ours_value, theirs_value, rtol=0, atol=bound)


@pytest.mark.parametrize("name", OWN_OPTIONS)
@given(data=st.data(), dtype=st.sampled_from(["float64", "float32"]), seed=st.integers(0, 2**20))
def test_20_steps(name, dtype, data, seed):
    check(name, data.draw(options(name)), dtype, seed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OWN_OPTIONS)
def test_20_steps_with_the_defaults(name, dtype):
    check(name, {}, dtype, 1)


@pytest.mark.parametrize("name", OWN_OPTIONS)
def test_20_steps_with_a_schedule(name):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=5, decay_rate=0.5)
    check(name, {"learning_rate": keras.optimizers.schedules.serialize(schedule)}, "float32", 2)


@pytest.mark.parametrize("name", OWN_OPTIONS)
def test_config_and_state(name):
    keras.utils.clear_session()  # the first optimizer of a class has no number in its name
    ours, theirs = getattr(optimizers, name)(), getattr(keras.optimizers, name)()
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    theirs.build([keras.Variable(np.zeros((2, 3), "float32"), name="w")])
    ours.build([Parameter(np.zeros((2, 3), "float32"), "w")])
    for own, keras_variable in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(own, keras_variable.numpy())
        assert own.dtype == keras_variable.numpy().dtype
    arguments = {"learning_rate": 0.3, "weight_decay": 0.2, "clipvalue": 0.5, "name": "mine"}
    arguments |= {"use_ema": True, "ema_overwrite_frequency": 4, "gradient_accumulation_steps": 2}
    node = keras.optimizers.serialize(getattr(keras.optimizers, name)(**arguments))
    assert optimizers.serialize(optimizers.get(node)) == node
    assert (
        keras.optimizers.serialize(keras.optimizers.get(optimizers.serialize(optimizers.get(node)))) == node
    )


def test_exclude_from_weight_decay():
    arguments = {"learning_rate": 0.1, "weight_decay": 0.5}
    ours, theirs = optimizers.SGD(**arguments), keras.optimizers.SGD(**arguments)
    dense = keras.layers.Dense(3)
    dense.build((None, 2))
    dense.bias.assign(np.ones(3))
    parameters = [Parameter(v.numpy(), v.name, path=v.path) for v in dense.trainable_weights]
    for optimizer in (ours, theirs):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    gradients = [np.ones((2, 3), "float32"), np.ones(3, "float32")]
    ours.apply(gradients, parameters)
    theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], dense.trainable_weights)
    for parameter, variable in zip(parameters, dense.trainable_weights, strict=True):
        np.testing.assert_allclose(parameter.value, variable.numpy(), rtol=1e-6)
