"""SpatialDropout1D against Keras; see test_dropout.py for what can be compared."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import SpatialDropout1D
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import forward_and_gradient, keras_forward_and_gradient, shared_axes

rates = st.sampled_from([0.0, 0.2, 0.5, 1.0])


@given(shape=st.tuples(*[st.integers(1, 6)] * 3), rate=rates, dtype=dtypes)
def test_inference_and_config(shape, rate, dtype):
    options = dict(rate=rate, seed=4, dtype=dtype)
    ours, theirs = SpatialDropout1D(**options), keras.layers.SpatialDropout1D(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(rate=rates, dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(rate, dtype, seed):
    """Both drop a feature with probability ``rate`` (within 5 standard deviations) and scale alike."""
    inputs, upstream = np.random.default_rng(seed).uniform(0.5, 1, size=(2, 40, 5, 50)).astype(dtype)
    options = dict(rate=rate, seed=seed, dtype=dtype)
    results = [
        forward_and_gradient(SpatialDropout1D(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.SpatialDropout1D(**options), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        kept = (outputs != 0).any(axis=1, keepdims=True)
        assert abs((~kept).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / kept.size)
        scale = inputs.dtype.type(1 / (1 - rate)) if rate < 1 else 0
        np.testing.assert_array_equal(outputs, np.where(kept, inputs * scale, 0))
        np.testing.assert_array_equal(grad_inputs, np.where(kept, upstream * scale, 0))


def test_the_axes_that_share_a_mask():
    inputs = np.ones((20, 21, 22), np.float32)
    ours, _ = forward_and_gradient(SpatialDropout1D(0.5, seed=3), inputs, inputs)
    theirs, _ = keras_forward_and_gradient(keras.layers.SpatialDropout1D(0.5, seed=3), inputs, inputs)
    assert shared_axes(ours) == shared_axes(theirs) == [1]
