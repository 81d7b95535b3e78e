"""GaussianDropout: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers.gaussian_dropout import GaussianDropout
from cnn_scratch.reference.gaussian_dropout import gaussian_dropout, gaussian_dropout_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert GaussianDropout(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """With rate 1/2: 1 + z for 0.66, 0.31, 0.18 and −0.04, the normal numbers of seed 5."""
    layer = GaussianDropout(0.5, seed=5)
    outputs, cache = layer.forward(np.array([[1, 1, 10, 10]]), training=True)
    np.testing.assert_allclose(outputs, [[1.66, 1.31, 11.8, 9.6]], rtol=0, atol=0.06)
    grad_inputs = layer.backward(np.array([[2, 2, 20, 20]]), cache)
    np.testing.assert_array_equal(grad_inputs, 2 * outputs)  # the same noise as forward


def test_inference_and_rate_0_return_the_very_inputs():
    inputs = np.ones((2, 3), np.float32)
    assert GaussianDropout(0.5)(inputs) is inputs
    assert GaussianDropout(0)(inputs, training=True) is inputs


def test_every_step_draws_other_noise():
    layer = GaussianDropout(0.5, seed=5)
    first, second = layer(np.ones((2, 8)), training=True), layer(np.ones((2, 8)), training=True)
    assert (first != second).all()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0, 0.3, 0.9])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (1, 1)])
def test_contract(rate, shape):
    check_layer(GaussianDropout(rate, seed=3), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 5), (9001,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(shape, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, *shape)).astype(dtype)
    layer = GaussianDropout(0.3, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    tolerance = 32 * np.finfo(dtype).eps  # numbers below 16, each rounded four times
    expected = gaussian_dropout(inputs.astype("float64"), 0.3, (3, 1))
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance)
    expected = gaussian_dropout_gradient(upstream.astype("float64"), 0.3, (3, 1))
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [-0.1, 1.1, "half", None])
def test_rejects_a_rate(rate):
    with pytest.raises(ValueError, match=r"`rate`. Expected a float value between 0 and 1. Received: rate="):
        GaussianDropout(rate)


def test_rejects_rate_1_and_a_seed():
    with pytest.raises(ValueError, match=r"Expected a rate below 1.*Received: rate=1"):
        GaussianDropout(1)
    with pytest.raises(ValueError, match=r"`seed` argument to be an integer or None. Received: seed=1.5"):
        GaussianDropout(0.5, seed=1.5)
