"""GaussianNoise against Keras: inference and gradient to the bit, the noise by its statistics."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.gaussian_noise import GaussianNoise
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import assert_normal, forward_and_gradient, keras_forward_and_gradient


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    stddev=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.sampled_from([None, 0, 7]),
    dtype=dtypes,
)
def test_inference_and_config(shape, stddev, seed, dtype):
    options = dict(stddev=stddev, seed=seed, dtype=dtype)
    ours, theirs = GaussianNoise(**options), keras.layers.GaussianNoise(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(stddev=st.sampled_from([0.05, 0.5, 1.0]), dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(stddev, dtype, seed):
    inputs, upstream = np.random.default_rng(seed).normal(size=(2, 100, 200)).astype(dtype)
    options = dict(stddev=stddev, seed=seed, dtype=dtype)
    results = [
        forward_and_gradient(GaussianNoise(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.GaussianNoise(**options), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        assert_normal((outputs - inputs) / stddev)
        np.testing.assert_array_equal(grad_inputs, upstream)
