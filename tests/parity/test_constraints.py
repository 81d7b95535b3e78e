"""Constraints beside Keras: the values, every layer that has them, and files in both directions."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import Input, Sequential, constraints, layers, losses, optimizers, saving
from cnn_scratch.naming import reset_names

# TensorFlow takes numbers below the smallest normal one for 0.
norms = st.floats(0, 3, allow_subnormal=False)
axes = st.sampled_from([0, 1, -1, [0], [0, 1], [0, 1, 2], (1, 2), None])
OPTIONS = {
    "NonNeg": st.just({}),
    "MaxNorm": st.fixed_dictionaries({}, optional={"max_value": norms, "axis": axes}),
    "UnitNorm": st.fixed_dictionaries({}, optional={"axis": axes}),
    "MinMaxNorm": st.fixed_dictionaries(
        {}, optional={"min_value": norms, "max_value": norms, "rate": st.floats(0, 1), "axis": axes}
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]), seed=st.integers(0, 2**20))
def test_values(name, data, dtype, seed):
    options = data.draw(OPTIONS[name])
    rng = np.random.default_rng(seed)
    w = (10.0 ** rng.integers(-2, 3) * rng.normal(size=rng.integers(1, 5, 4))).astype(dtype)
    w[..., 0] *= rng.integers(0, 2)  # sometimes a vector of zeros
    ours, theirs = (getattr(k, name)(**options) for k in (constraints, keras.constraints))
    allowed, expected = ours(w), np.asarray(theirs(w))
    assert allowed.dtype == expected.dtype
    rounding = (w.size + 8) * (2.0**-24 if dtype == "float32" else 2.0**-53)
    np.testing.assert_allclose(allowed, expected, rtol=0, atol=rounding * np.abs(expected).max())
    node = keras.constraints.serialize(theirs)
    assert {**constraints.serialize(ours)} == {**node}
    assert constraints.serialize(constraints.get(node)) == node


class Ours:
    Input, Sequential, layers = Input, Sequential, layers
    optimizers, losses, constraints = optimizers, losses, constraints


def network(k):
    """A network of every layer whose parameters can be constrained; all of them are."""
    max_norm, unit, non_neg = k.constraints.MaxNorm, k.constraints.UnitNorm, k.constraints.NonNeg
    kernel = dict(kernel_constraint=max_norm(0.8, axis=[0, 1]), bias_constraint=non_neg())
    depthwise = dict(depthwise_constraint=unit(axis=[0, 1]), bias_constraint=max_norm(0.3))
    scale = dict(gamma_constraint=max_norm(0.9), beta_constraint=k.constraints.MinMaxNorm(0.1, 0.4, 0.5))
    both = dict(depthwise_constraint=unit(), pointwise_constraint=non_neg(), bias_constraint="non_neg")
    return k.Sequential(
        [
            k.Input((8, 8, 2)),
            k.layers.Conv2D(4, 3, **(kernel | dict(kernel_constraint=max_norm(0.8, axis=[0, 1, 2])))),
            k.layers.BatchNormalization(**scale),
            k.layers.PReLU(alpha_constraint=non_neg()),
            k.layers.DepthwiseConv2D(3, **depthwise),
            k.layers.LayerNormalization(**scale),
            k.layers.SeparableConv2D(4, 2, **both),
            k.layers.GroupNormalization(2, **scale),
            k.layers.Conv2DTranspose(3, 2, strides=2, **kernel),
            k.layers.Reshape((12, 9)),
            k.layers.Conv1D(4, 3, padding="same", **kernel),
            k.layers.DepthwiseConv1D(2, **depthwise),
            k.layers.SeparableConv1D(3, 2, **both),
            k.layers.Conv1DTranspose(3, 2, **kernel),
            k.layers.Flatten(),
            k.layers.Dense(3, kernel_constraint=unit(), bias_constraint=non_neg()),
        ]
    )


def compiled(k):
    keras.utils.clear_session()
    reset_names()
    model = network(k)
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(-0.5, 1.0, weight.shape) for weight in model.weights]
    model.set_weights(
        [np.abs(w) if p.name == "moving_variance" else w for p, w in zip(model.weights, drawn, strict=True)]
    )
    model.compile(k.optimizers.SGD(0.05, momentum=0.5), k.losses.MeanSquaredError())
    return model


def train(model, steps, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        x, y = rng.normal(size=(5, 8, 8, 2)), rng.normal(size=(5, 3))
        model.train_on_batch(x.astype("float32"), y.astype("float32"))


def same_weights(one, other, **tolerance):
    for number, pair in enumerate(zip(one.get_weights(), other.get_weights(), strict=True)):
        np.testing.assert_allclose(*pair, err_msg=f"weight {number}", **tolerance)


STEPS = dict(rtol=2e-4, atol=2e-5)  # a network of 14 layers, some steps


def test_every_layer_and_its_files(tmp_path):
    ours, theirs = compiled(Ours), compiled(keras)
    for parameter in ours.trainable_weights:
        assert parameter.constraint is not None, parameter.path
    for model in (ours, theirs):
        train(model, 3)
    same_weights(ours, theirs, **STEPS)
    for parameter in ours.trainable_weights:
        if isinstance(parameter.constraint, constraints.NonNeg | constraints.UnitNorm):
            once_more = parameter.constraint(parameter.value)
            np.testing.assert_allclose(parameter.value, once_more, rtol=1e-6, err_msg=parameter.path)

    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    theirs.save(tmp_path / "theirs.h5")
    models = [
        (ours, keras.saving.load_model(tmp_path / "ours.keras")),
        (saving.load_model(tmp_path / "ours.keras"), ours),
        (saving.load_model(tmp_path / "theirs.keras"), theirs),
        (saving.load_model(tmp_path / "theirs.h5"), theirs),
    ]
    for one, other in models:
        same_weights(one, other, rtol=0)
        for mine, its in zip(one.layers, other.layers, strict=True):
            for key, value in mine.get_config().items():
                if key.endswith("_constraint"):
                    assert value == its.get_config()[key], (mine.name, key)
    for model in [ours, *dict.fromkeys(model for pair in models for model in pair if model is not ours)]:
        train(model, 2, seed=7)
    for one, other in models:
        same_weights(one, other, **STEPS)
