"""AlphaDropout against Keras: inference to the bit; in training the two values that it gives."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import AlphaDropout
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import forward_and_gradient, keras_forward_and_gradient, shared_axes

rates = st.sampled_from([0.0, 0.1, 0.5, 0.9])


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    rate=rates,
    seed=st.sampled_from([None, 0, 7]),
    dtype=dtypes,
)
def test_inference_and_config(shape, rate, seed, dtype):
    options = dict(rate=rate, seed=seed, dtype=dtype)
    ours, theirs = AlphaDropout(**options), keras.layers.AlphaDropout(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    assert len(ours.variables) == len(theirs.variables)
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(rate=rates, dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(rate, dtype, seed):
    """Both give a·x + b with the same a and b, or with probability ``rate`` the same constant."""
    inputs, upstream = np.random.default_rng(seed).uniform(1, 2, size=(2, 50, 80)).astype(dtype)
    options = dict(rate=rate, seed=seed, dtype=dtype)
    ours, theirs = (
        forward_and_gradient(AlphaDropout(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.AlphaDropout(**options), inputs, upstream),
    )
    for outputs, grad_inputs in (ours, theirs):
        kept = grad_inputs != 0
        deviation = np.sqrt(rate * (1 - rate) / inputs.size)
        assert abs((~kept).mean() - rate) <= 5 * deviation
        np.testing.assert_array_equal(outputs < 0, ~kept)  # inputs are positive, what is dropped is not
    both = (ours[1] != 0) & (theirs[1] != 0)
    tolerance = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(ours[0][both], theirs[0][both], rtol=tolerance)
    np.testing.assert_allclose(ours[1][both], theirs[1][both], rtol=tolerance)
    if rate:
        dropped = ours[0][ours[1] == 0], theirs[0][theirs[1] == 0]
        np.testing.assert_allclose(dropped[0], np.resize(dropped[1], dropped[0].shape), rtol=4 * tolerance)


@pytest.mark.parametrize("noise_shape", [(None, 1, None), (1, None, None), (40, 1)])
def test_the_axes_that_share_a_mask(noise_shape):
    inputs = np.ones((30, 30, 40) if noise_shape != (40, 1) else (30, 40, 30), np.float32)
    options = dict(rate=0.5, noise_shape=noise_shape, seed=3)
    ours, _ = forward_and_gradient(AlphaDropout(**options), inputs, inputs)
    theirs, _ = keras_forward_and_gradient(keras.layers.AlphaDropout(**options), inputs, inputs)
    assert shared_axes(ours) == shared_axes(theirs)
