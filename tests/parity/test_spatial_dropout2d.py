"""SpatialDropout2D against Keras; see test_dropout.py for what can be compared."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.spatial_dropout2d import SpatialDropout2D
from tests.parity.compare import compare_with_keras, dtypes, images
from tests.parity.random_layers import forward_and_gradient, keras_forward_and_gradient, shared_axes

rates = st.sampled_from([0.0, 0.2, 0.5, 1.0])
formats = st.sampled_from(["channels_last", "channels_first"])


@given(inputs=images(), rate=rates, data_format=formats, dtype=dtypes)
def test_inference_and_config(inputs, rate, data_format, dtype):
    options = dict(rate=rate, data_format=data_format, seed=4, dtype=dtype)
    ours, theirs = SpatialDropout2D(**options), keras.layers.SpatialDropout2D(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, inputs, terms=0)


@given(rate=rates, data_format=formats, dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(rate, data_format, dtype, seed):
    """Both drop a map with probability ``rate`` (within 5 standard deviations) and scale alike."""
    shape = (40, 4, 5, 50) if data_format == "channels_last" else (40, 50, 4, 5)
    pixels = (1, 2) if data_format == "channels_last" else (2, 3)
    inputs, upstream = np.random.default_rng(seed).uniform(0.5, 1, size=(2, *shape)).astype(dtype)
    options = dict(rate=rate, data_format=data_format, seed=seed, dtype=dtype)
    results = [
        forward_and_gradient(SpatialDropout2D(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.SpatialDropout2D(**options), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        kept = (outputs != 0).any(axis=pixels, keepdims=True)
        assert abs((~kept).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / kept.size)
        scale = inputs.dtype.type(1 / (1 - rate)) if rate < 1 else 0
        np.testing.assert_array_equal(outputs, np.where(kept, inputs * scale, 0))
        np.testing.assert_array_equal(grad_inputs, np.where(kept, upstream * scale, 0))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_the_axes_that_share_a_mask(data_format):
    inputs = np.ones((20, 21, 22, 23), np.float32)
    options = dict(rate=0.5, data_format=data_format, seed=3)
    ours, _ = forward_and_gradient(SpatialDropout2D(**options), inputs, inputs)
    theirs, _ = keras_forward_and_gradient(keras.layers.SpatialDropout2D(**options), inputs, inputs)
    assert shared_axes(ours) == shared_axes(theirs)
