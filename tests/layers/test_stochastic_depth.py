"""StochasticDepth: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import StochasticDepth
from cnn_scratch.random import set_random_seed
from cnn_scratch.reference.stochastic_depth import stochastic_depth, stochastic_depth_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert StochasticDepth(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """With rate 3/4 a sample is kept and multiplied by 4, or dropped, whole."""
    layer = StochasticDepth(0.75)
    inputs = np.arange(1, 601).reshape(100, 3, 2)
    outputs, cache = layer.forward(inputs, training=True)
    kept = outputs[:, 0, 0] != 0
    assert 10 < kept.sum() < 45  # 25, within 4.6 standard deviations
    np.testing.assert_array_equal(outputs[kept], 4 * inputs[kept])
    np.testing.assert_array_equal(outputs[~kept], 0)
    np.testing.assert_array_equal(layer.backward(-inputs, cache), -outputs)


def test_inference_returns_the_very_inputs():
    inputs = np.ones((2, 3), np.float32)
    assert StochasticDepth(0.5)(inputs) is inputs


def test_the_seed_is_that_of_the_package():
    """Keras's layer has no seed of its own either."""
    outputs = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        outputs.append(StochasticDepth(0.5)(np.ones((50, 1)), training=True))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert (outputs[0] != outputs[2]).any()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0, 0.4, 1])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (6, 1)])
def test_contract(rate, shape):
    check_layer(StochasticDepth(rate), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 30, 4, 5)).astype(dtype)
    layer = StochasticDepth(0.3, dtype=dtype)
    layer.seed_generator.state.assign(np.array([3, 1]))
    outputs, cache = layer.forward(inputs, training=True)
    tolerance = np.finfo(dtype).eps  # the factor is rounded once, the product once
    expected = stochastic_depth(inputs.astype("float64"), 0.3, (3, 1))
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=0)
    expected = stochastic_depth_gradient(upstream.astype("float64"), 0.3, (3, 1))
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance, atol=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [-0.1, 1.1, "half", None])
def test_rejects_arguments(rate):
    with pytest.raises(
        ValueError,
        match=r"`drop_path_rate`. Expected a float value between 0 and 1. Received: drop_path_rate=",
    ):
        StochasticDepth(rate)
