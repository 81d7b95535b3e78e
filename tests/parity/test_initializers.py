"""Initializers and regularizers against Keras: configs, fans, bounds, statistics, penalties.

The random numbers themselves cannot be equal, since the generators differ.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras.src.initializers.random_initializers import compute_fans

from cnn_scratch import initializers, regularizers

SHAPE = (5, 5, 24, 40)
CASES = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 0.3}),
    ("RandomNormal", {"mean": 0.1, "stddev": 0.2}),
    ("RandomUniform", {"minval": -0.1, "maxval": 0.3}),
    ("TruncatedNormal", {"mean": 0.1, "stddev": 0.2}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"mode": "fan_in", "distribution": "normal"}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeNormal", {}),
    ("HeUniform", {}),
    ("LecunNormal", {}),
    ("LecunUniform", {}),
    ("Orthogonal", {"gain": 1.5}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_statistics(name, arguments):
    ours = getattr(initializers, name)(**arguments)(SHAPE)
    theirs = getattr(keras.initializers, name)(**arguments)(SHAPE).numpy()
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    # Two samples of n numbers: standard errors σ·√(2/n) of the means, about √(4/n) of the variances.
    sigma, n = theirs.std(), theirs.size
    assert abs(ours.mean() - theirs.mean()) <= 5 * sigma * np.sqrt(2 / n) + 1e-6
    assert ours.var() == pytest.approx(theirs.var(), rel=5 * np.sqrt(4 / n))
    if "Uniform" in name or "Truncated" in name or name in ("GlorotNormal", "HeNormal", "LecunNormal"):
        np.testing.assert_allclose([ours.min(), ours.max()], [theirs.min(), theirs.max()], rtol=1e-2)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_config(name, arguments):
    for given_arguments in ({}, arguments):
        node = keras.initializers.serialize(getattr(keras.initializers, name)(**given_arguments))
        assert initializers.serialize(getattr(initializers, name)(**given_arguments)) == node
        assert initializers.serialize(initializers.get(node)) == node
        assert (
            keras.initializers.serialize(
                keras.initializers.get(initializers.serialize(initializers.get(node)))
            )
            == node
        )


def test_identity_keeps_its_gain():
    """Keras's ``Identity`` forgets its gain when it is serialized; ours does not, and Keras reads it."""
    node = initializers.serialize(initializers.Identity(2.0))
    np.testing.assert_array_equal(keras.initializers.get(node)((2, 2)).numpy(), 2 * np.eye(2))
    assert isinstance(
        initializers.get(keras.initializers.serialize(keras.initializers.Identity())), initializers.Identity
    )


def test_names():
    for name in (
        "glorot_uniform",
        "he_normal",
        "zeros",
        "zero",
        "ones",
        "one",
        "normal",
        "uniform",
        "orthogonal",
    ):
        assert initializers.serialize(initializers.get(name)) == keras.initializers.serialize(
            keras.initializers.get(name)
        )


@given(shape=st.lists(st.integers(1, 9), max_size=5), swapped=st.booleans())
def test_fans(shape, swapped):
    axes = (list(range(len(shape)))[-1:], list(range(len(shape)))[:-1]) if swapped else (None, None)
    assert initializers.compute_fans(shape, *axes) == compute_fans(shape, *axes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "arguments"), [("L1", {"l1": 0.3}), ("L2", {"l2": 0.7}), ("L1L2", {"l1": 0.3, "l2": 0.7})]
)
def test_regularizers(name, arguments, dtype):
    ours, theirs = getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments)
    assert regularizers.serialize(ours) == keras.regularizers.serialize(theirs)
    assert regularizers.serialize(
        regularizers.get(keras.regularizers.serialize(theirs))
    ) == regularizers.serialize(ours)
    x = np.random.default_rng(1).normal(size=(30, 40)).astype(dtype)
    x[0] = 0
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = theirs(tensor)
    # 1200 terms of one sign: their sum in float32 is off by at most 1200 · 2⁻²⁴ ≈ 7e-5.
    relative = 7e-5 if dtype == "float32" else 1e-12
    assert ours(x) == pytest.approx(float(value), rel=relative)
    np.testing.assert_allclose(
        ours.gradient(x), tape.gradient(value, tensor).numpy(), rtol=min(relative, 1e-6)
    )
