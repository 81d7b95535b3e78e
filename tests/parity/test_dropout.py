"""Dropout against Keras: the random numbers are others, so what is compared is what they may do.

Equal to the bit: inference, the values that a mask can take, the axes that share a mask, the state,
the configuration. In training: the share of zeros within 5 standard deviations of the rate for both
libraries, which one test in two million misses by chance (and the seeds are fixed).
"""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.dropout import Dropout
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import forward_and_gradient, keras_forward_and_gradient, shared_axes

rates = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    rate=rates,
    seed=st.sampled_from([None, 0, 7]),
    shared=st.sampled_from([None, "first", "last"]),
    dtype=dtypes,
)
def test_inference_and_config(shape, rate, seed, shared, dtype):
    noise_shape = {None: None, "first": (1, *shape[1:]), "last": (*[None] * (len(shape) - 1), 1)}[shared]
    options = dict(rate=rate, noise_shape=noise_shape, seed=seed, dtype=dtype)
    ours, theirs = Dropout(**options), keras.layers.Dropout(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    assert len(ours.variables) == len(theirs.variables)
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(rate=rates, dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(rate, dtype, seed):
    """Both drop with probability ``rate`` and multiply by the same factor, forward and backward."""
    inputs, upstream = np.random.default_rng(seed).normal(size=(2, 50, 80)).astype(dtype)
    options = dict(rate=rate, seed=seed, dtype=dtype)
    results = [
        forward_and_gradient(Dropout(**options), inputs, upstream),
        keras_forward_and_gradient(keras.layers.Dropout(**options), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        kept = outputs != 0
        np.testing.assert_array_equal(grad_inputs != 0, kept)  # one mask for both
        deviation = np.sqrt(rate * (1 - rate) / inputs.size)
        assert abs((~kept).mean() - rate) <= 5 * deviation
        if kept.any():
            scale = inputs.dtype.type(1 / (1 - rate))
            np.testing.assert_array_equal(outputs[kept], inputs[kept] * scale)
            np.testing.assert_array_equal(grad_inputs[kept], upstream[kept] * scale)


@pytest.mark.parametrize(
    "noise_shape",
    [None, (None, 1, None), (1, None, None), (None, None, 1), (1, 30, 1), (40, 1), (30, None, 1)],
)
def test_the_axes_that_share_a_mask(noise_shape):
    """``None`` takes the inputs' size at its place, and shorter shapes count from the end, as in Keras."""
    inputs = np.ones((30, 30, 40) if noise_shape != (40, 1) else (30, 40, 30), np.float32)
    options = dict(rate=0.5, noise_shape=noise_shape, seed=3)
    ours, _ = forward_and_gradient(Dropout(**options), inputs, inputs)
    theirs, _ = keras_forward_and_gradient(keras.layers.Dropout(**options), inputs, inputs)
    assert shared_axes(ours) == shared_axes(theirs)


def test_the_state_counts_as_in_keras():
    inputs = np.ones((2, 3), np.float32)
    ours, theirs = Dropout(0.5, seed=11), keras.layers.Dropout(0.5, seed=11)
    for training in (True, False, True, True):
        ours(inputs, training=training)
        theirs(inputs, training=training)
        np.testing.assert_array_equal(ours.variables[0].value, np.asarray(theirs.variables[0]))
    assert ours.variables[0].name == theirs.variables[0].name
