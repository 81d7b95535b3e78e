"""RReLU: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers.r_re_lu import RReLU
from cnn_scratch.reference.r_re_lu import r_re_lu, r_re_lu_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert RReLU().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """The mean of 1/8 and 3/8 is 1/4; at 0 the gradient has the slope, as in PyTorch."""
    layer = RReLU(1 / 8, 3 / 8)
    outputs, cache = layer.forward(np.array([[-8, 0, 8]]))
    np.testing.assert_array_equal(outputs, [[-2, 0, 8]])
    np.testing.assert_array_equal(layer.backward(np.array([[4, 4, 4]]), cache), [[1, 1, 4]])


def test_training_draws_a_slope_for_every_negative_number():
    layer = RReLU(1 / 8, 3 / 8, seed=5)
    inputs = np.random.default_rng(0).normal(size=(20, 30))
    outputs, cache = layer.forward(inputs, training=True)
    negative = inputs < 0
    np.testing.assert_array_equal(outputs[~negative], inputs[~negative].astype("float32"))
    slopes = outputs[negative] / inputs[negative]
    assert slopes.min() >= 1 / 8 - 1e-7
    assert slopes.max() <= 3 / 8
    assert len(np.unique(slopes.round(6))) > 0.95 * slopes.size
    grad_inputs = layer.backward(np.ones_like(inputs), cache)
    np.testing.assert_allclose(grad_inputs[negative], slopes, rtol=4 * 2**-24)
    np.testing.assert_array_equal(grad_inputs[~negative], 1)


def test_nan_stays_and_infinities_keep_their_sign():
    outputs = RReLU(seed=1)(np.array([np.nan, -np.inf, np.inf]), training=True)
    np.testing.assert_array_equal(outputs, [np.nan, -np.inf, np.inf])


def test_every_step_draws_other_slopes():
    layer = RReLU(seed=5)
    first, second = layer(-np.ones((2, 8)), training=True), layer(-np.ones((2, 8)), training=True)
    assert (first != second).all()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, dict(lower=0.2, upper=0.2), dict(lower=-0.5, upper=2)])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (1, 1)])
def test_contract(options, shape):
    check_layer(RReLU(**options, seed=3), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 5), (9001,)])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(shape, training, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, *shape)).astype(dtype)
    inputs.flat[::7] = 0
    layer = RReLU(0.1, 0.4, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=training)
    key = (3, 1) if training else None
    exact, exact_upstream = inputs.astype("float64"), upstream.astype("float64")
    tolerance = 4 * np.finfo(dtype).eps  # numbers below 8, a slope below 1/2, each rounded three times
    expected = r_re_lu(exact, 0.1, 0.4, key)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance)
    expected = r_re_lu_gradient(exact, exact_upstream, 0.1, 0.4, key)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower", "upper"), [(0.4, 0.3), ("a", 1), (0, None), (float("nan"), 1), (0, float("inf"))]
)
def test_rejects_bounds(lower, upper):
    with pytest.raises(ValueError, match=r"two numbers, lower <= upper. Received: lower=.*, upper="):
        RReLU(lower, upper)


def test_rejects_a_seed():
    with pytest.raises(ValueError, match=r"`seed` argument to be an integer or None. Received: seed=1.5"):
        RReLU(seed=1.5)
