import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import Normalization
from tests.parity.compare import compare_with_keras, dtypes


@st.composite
def data(draw):
    """Draw inputs of rank 2 to 4, and axes along which they keep their own statistics."""
    shape = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    axes = st.integers(0, len(shape) - 1)
    axis = draw(st.sampled_from([None, -1]) | axes | st.lists(axes, min_size=1, unique=True).map(tuple))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return rng.normal(1, 2, shape), axis


@given(drawn=data(), invert=st.booleans(), dtype=dtypes)
def test_normalization(drawn, invert, dtype):
    """Two roundings and those of a root: equal in all but the last bits. The variances are positive."""
    inputs, axis = drawn
    options = dict(axis=axis, invert=invert, dtype=dtype)
    ours, theirs = Normalization(**options), keras.layers.Normalization(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    assert [(w.name, w.shape, w.dtype) for w in ours.weights] == [
        (w.name, w.shape, w.dtype) for w in theirs.weights
    ]
    compare_with_keras(ours, Loaded(theirs), inputs, 8)


class Loaded:
    """A Keras layer that takes up new weights; ``set_weights`` alone does not do it, loading a file does."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, inputs, training):
        return self.layer(inputs)

    def __getattr__(self, name):
        return getattr(self.layer, name)

    def set_weights(self, weights):
        self.layer.set_weights(weights)
        self.layer.finalize_state()


# Multiples of 1/16: Keras makes a float32 of a given mean or variance, also in float64.
numbers = st.integers(-200, 200).map(lambda n: n / 16)


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    scalar=st.booleans(),
    invert=st.booleans(),
    dtype=dtypes,
    seed=st.integers(0, 99),
)
def test_given_statistics(shape, scalar, invert, dtype, seed):
    rng = np.random.default_rng(seed)
    mean, variance = rng.integers(-200, 200, 3) / 16, rng.integers(1, 200, 3) / 16
    options = dict(mean=mean.tolist(), variance=variance.tolist())
    options = dict(mean=mean[0], variance=variance[0]) if scalar else options
    options = options | dict(invert=invert, dtype=dtype)
    ours, theirs = Normalization(**options), keras.layers.Normalization(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, rng.normal(size=(*shape, 3)), 8)


@pytest.mark.parametrize("axis", [-1, 0, None, (1, 2), (0, 2)])
@pytest.mark.parametrize("kind", ["array", "integers", "list of batches", "generator of tuples"])
def test_adapt(axis, kind):
    inputs = np.random.default_rng(0).normal(3, 2, (12, 4, 5)).astype("float32")
    if kind == "integers":
        inputs = (inputs * 10).astype("uint8")
    if kind != "array" and axis in (0, (0, 2)):
        batches = [inputs, inputs + 1]  # axis 0 has its own statistics, so every batch must be as large
    else:
        batches = [inputs[:5], inputs[5:6], inputs[6:]]
    layers = Normalization(axis), keras.layers.Normalization(axis)
    for layer in layers:
        given_data = inputs if kind in ("array", "integers") else batches
        layer.adapt(((batch, 0) for batch in batches) if kind == "generator of tuples" else given_data)
    ours, theirs = layers
    for w, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert w.dtype == expected.dtype
        np.testing.assert_allclose(w, expected, rtol=240 * 2**-24)  # Keras adds 240 numbers in float32
    np.testing.assert_allclose(ours(inputs), theirs(inputs), atol=240 * 2**-24 * 10)
