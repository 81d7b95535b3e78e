"""GaussianDropout against Keras: inference to the bit, the noise by its statistics and in the gradient."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.gaussian_dropout import GaussianDropout
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import assert_normal, forward_and_gradient, keras_forward_and_gradient


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    rate=st.sampled_from([0.0, 0.1, 0.9]),
    seed=st.sampled_from([None, 0, 7]),
    dtype=dtypes,
)
def test_inference_and_config(shape, rate, seed, dtype):
    options = dict(rate=rate, seed=seed, dtype=dtype)
    ours, theirs = GaussianDropout(**options), keras.layers.GaussianDropout(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(rate=st.sampled_from([0.1, 0.5, 0.8]), dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(rate, dtype, seed):
    """outputs / inputs is 1 + √(rate / (1 − rate))·z, and the gradient has the same factor."""
    inputs, upstream = np.random.default_rng(seed).uniform(1, 2, size=(2, 100, 200)).astype(dtype)
    options = dict(rate=rate, seed=seed, dtype=dtype)
    results = [
        forward_and_gradient(GaussianDropout(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.GaussianDropout(**options), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        noise = outputs / inputs
        assert_normal((noise - 1) / np.sqrt(rate / (1 - rate)))
        # a product and a quotient, each rounded once
        np.testing.assert_allclose(grad_inputs, upstream * noise, rtol=4 * np.finfo(dtype).eps)
