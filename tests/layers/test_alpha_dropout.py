"""AlphaDropout: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import activations
from cnn_scratch.layers import AlphaDropout
from cnn_scratch.reference.alpha_dropout import alpha_dropout, alpha_dropout_gradient
from tests.contract import check_layer

CASES = {
    "plain": dict(rate=0.4),
    "rate 0": dict(rate=0),
    "noise shape": dict(rate=0.5, noise_shape=(None, 1, 1, None)),
    "shorter noise shape": dict(rate=0.3, noise_shape=(5, 1)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert AlphaDropout(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """α′ = −1.7581, α′² = 3.0909: a = 1/√(½ · (1 + 3.0909/2)) = 0.88642, b = a · 1.7581/2 = 0.77920."""
    layer = AlphaDropout(0.5, seed=4)  # drops the first of four
    outputs, cache = layer.forward(np.array([[9, 0, 1, -1]]), training=True)
    expected = [[0.88642 * -1.7581 + 0.77920, 0.77920, 0.77920 + 0.88642, 0.77920 - 0.88642]]
    np.testing.assert_allclose(outputs, expected, atol=2e-4)
    grad_inputs = layer.backward(np.array([[1, 1, 2, 3]]), cache)
    np.testing.assert_allclose(grad_inputs, [[0, 0.88642, 2 * 0.88642, 3 * 0.88642]], atol=2e-4)


def test_inference_and_rate_0_return_the_very_inputs():
    inputs = np.ones((2, 3), np.float32)
    assert AlphaDropout(0.5)(inputs) is inputs
    assert AlphaDropout(0)(inputs, training=True) is inputs


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.7])
def test_mean_and_variance_stay(rate):
    """For 10⁶ normal numbers, and for those that SELU makes of them; Dropout would change the variance."""
    inputs = np.random.default_rng(0).normal(size=(1000, 1000))
    for values in (inputs, standardized(activations.selu(inputs))):
        layer = AlphaDropout(rate, seed=1, dtype="float64")
        outputs, cache = layer.forward(values, training=True)
        share = np.mean(layer.backward(values, cache) == 0)
        assert abs(share - rate) < 5 * np.sqrt(rate * (1 - rate) / inputs.size)
        # Five standard errors; those of the variance need the fourth moment.
        assert abs(outputs.mean()) < 5e-3
        error = np.sqrt(np.mean((outputs**2 - 1) ** 2) / inputs.size)
        assert abs(outputs.var() - 1) < 5 * error < 0.02


def standardized(values):
    return (values - values.mean()) / values.std()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(AlphaDropout(**CASES[case], seed=3), (3, 4, 5, 2))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise_shape", [None, (9, 1, 5)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(noise_shape, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 9, 4, 5)).astype(dtype)
    layer = AlphaDropout(0.3, noise_shape, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    tolerance = 8 * np.finfo(dtype).eps  # numbers below 4, each rounded twice
    expected = alpha_dropout(inputs.astype("float64"), 0.3, (3, 1), noise_shape)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance)
    expected = alpha_dropout_gradient(upstream.astype("float64"), 0.3, (3, 1), noise_shape)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(rate=-0.1), r"`rate`. Expected a float value between 0 and 1. Received: rate=-0.1"),
        (dict(rate=1), r"`rate`. Expected a rate below 1.*Received: rate=1"),
        (dict(rate=0.5, seed="x"), r"`seed` argument to be an integer or None. Received: seed=x"),
        (dict(rate=0.5, noise_shape=3), r"`noise_shape`. Expected a tuple .*Received: noise_shape=3"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        AlphaDropout(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'drop' must broadcast .*\(2, 3\). Received: noise_shape=\(2, 2\)"):
        AlphaDropout(0.5, noise_shape=(2, 2), name="drop")(np.zeros((2, 3)))
