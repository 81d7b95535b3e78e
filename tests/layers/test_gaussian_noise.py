"""GaussianNoise: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers.gaussian_noise import GaussianNoise
from cnn_scratch.reference.gaussian_noise import gaussian_noise, gaussian_noise_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert GaussianNoise(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Half of 0.66, 0.31, 0.18 and −0.04, the normal numbers of seed 5."""
    layer = GaussianNoise(0.5, seed=5)
    outputs, cache = layer.forward(np.array([[10, 20, 30, 40]]), training=True)
    np.testing.assert_allclose(outputs, [[10.33, 20.15, 30.09, 39.98]], rtol=0, atol=0.006)
    np.testing.assert_array_equal(layer.backward(np.array([[1, 2, 3, 4]]), cache), [[1, 2, 3, 4]])


def test_inference_and_stddev_0_return_the_very_inputs():
    inputs = np.ones((2, 3), np.float32)
    assert GaussianNoise(0.5)(inputs) is inputs
    assert GaussianNoise(0)(inputs, training=True) is inputs


def test_every_step_draws_other_noise():
    layer = GaussianNoise(0.5, seed=5)
    first, second = layer(np.zeros((2, 8)), training=True), layer(np.zeros((2, 8)), training=True)
    assert (first != second).all()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stddev", [0, 0.3, 1])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (1, 1)])
def test_contract(stddev, shape):
    check_layer(GaussianNoise(stddev, seed=3), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 5), (9001,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(shape, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, *shape)).astype(dtype)
    layer = GaussianNoise(0.3, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    expected = gaussian_noise(inputs.astype("float64"), 0.3, (3, 1))
    # numbers below 8, each rounded three times
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=16 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(layer.backward(upstream, cache), gaussian_noise_gradient(upstream))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stddev", [-0.1, 1.1, "half", None])
def test_rejects_a_stddev(stddev):
    with pytest.raises(
        ValueError, match=r"`stddev`. Expected a float value between 0 and 1. Received: stddev="
    ):
        GaussianNoise(stddev)


def test_rejects_a_seed():
    with pytest.raises(ValueError, match=r"`seed` argument to be an integer or None. Received: seed=1.5"):
        GaussianNoise(0.5, seed=1.5)
