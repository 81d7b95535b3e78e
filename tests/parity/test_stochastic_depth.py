"""StochasticDepth against Keras: inference to the bit; in training the share, the factor, the shared mask."""

import json

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from keras.src.applications.convnext import StochasticDepth as KerasStochasticDepth

from cnn_scratch.layers import StochasticDepth
from cnn_scratch.models.saving.serialization import deserialize, serialize
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_layers import forward_and_gradient, keras_forward_and_gradient, shared_axes

rates = st.sampled_from([0.0, 0.1, 0.5, 0.9])


@given(shape=st.lists(st.integers(1, 6), min_size=1, max_size=4), rate=rates, dtype=dtypes)
def test_inference(shape, rate, dtype):
    ours, theirs = (cls(rate, dtype=dtype) for cls in (StochasticDepth, KerasStochasticDepth))
    compare_with_keras(ours, theirs, np.random.default_rng(1).normal(size=shape), terms=0)


@given(rate=rates, seed=st.integers(0, 2**20))
def test_training(rate, seed):
    """In float32 only: Keras's own layer fails in float64, since its mask is float32."""
    dtype = "float32"
    inputs, upstream = np.random.default_rng(seed).uniform(1, 2, size=(2, 4000, 2)).astype(dtype)
    results = [
        forward_and_gradient(StochasticDepth(rate, dtype=dtype), inputs, upstream),
        keras_forward_and_gradient(KerasStochasticDepth(rate, dtype=dtype), inputs, upstream),
    ]
    for outputs, grad_inputs in results:
        kept = outputs != 0
        np.testing.assert_array_equal(kept[:, 0], kept[:, 1])
        assert abs((~kept[:, 0]).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / len(inputs))
        tolerance = 2 * np.finfo(dtype).eps
        np.testing.assert_allclose(outputs[kept], inputs[kept] / (1 - rate), rtol=tolerance)
        np.testing.assert_allclose(grad_inputs, upstream * kept / (1 - rate), rtol=tolerance)


def test_the_axes_that_share_a_mask():
    inputs = np.ones((30, 3, 4), np.float32)
    ours, _ = forward_and_gradient(StochasticDepth(0.5), inputs, inputs)
    theirs, _ = keras_forward_and_gradient(KerasStochasticDepth(0.5), inputs, inputs)
    assert shared_axes(ours) == shared_axes(theirs) == [1, 2]


def test_the_file_of_keras_knows_it_by_its_private_name():
    node = keras.saving.serialize_keras_object(KerasStochasticDepth(0.2, name="depth"))
    ours = deserialize(json.loads(json.dumps(node)))
    assert isinstance(ours, StochasticDepth)
    assert serialize(ours) == node
