"""SpatialDropout1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import SpatialDropout1D
from cnn_scratch.reference.spatial_dropout1d import spatial_dropout1d, spatial_dropout1d_gradient
from tests.contract import check_layer

RATES = [0, 0.4, 1.0]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7, 3), (2, 3, 4), (None, None, 3)])
def test_output_shape(shape):
    assert SpatialDropout1D(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Seed 3 keeps the first of two features and drops the second; kept numbers are doubled."""
    layer = SpatialDropout1D(0.5, seed=3)
    sequence = np.arange(6).reshape(1, 3, 2)
    outputs, cache = layer.forward(sequence, training=True)
    np.testing.assert_array_equal(outputs[0], [[0, 0], [4, 0], [8, 0]])
    np.testing.assert_array_equal(layer.backward(-sequence, cache), -outputs)


def test_a_feature_is_dropped_whole_or_not_at_all():
    outputs = SpatialDropout1D(0.5, seed=1)(np.ones((8, 5, 7)), training=True)
    least, most = outputs.min(axis=1), outputs.max(axis=1)
    np.testing.assert_array_equal(least, most)
    assert set(np.unique(most)) == {0.0, 2.0}
    assert len(np.unique(most, axis=0)) > 1  # every sequence has a mask of its own


def test_inference_returns_the_very_inputs():
    inputs = np.ones((2, 3, 2), np.float32)
    assert SpatialDropout1D(0.5)(inputs) is inputs


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
def test_contract(rate):
    check_layer(SpatialDropout1D(rate, seed=3), (3, 4, 2))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(rate, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 9, 4, 6)).astype(dtype)
    layer = SpatialDropout1D(rate, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    tolerance = np.finfo(dtype).eps  # the factor is rounded once, the product once
    expected = spatial_dropout1d(inputs.astype("float64"), rate, (3, 1))
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=0)
    expected = spatial_dropout1d_gradient(upstream.astype("float64"), rate, (3, 1))
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance, atol=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(rate=-0.1), r"`rate`. Expected a float value between 0 and 1. Received: rate=-0.1"),
        (dict(rate=0.5, seed="x"), r"`seed` argument to be an integer or None. Received: seed=x"),
        (dict(rate=0.5, noise_shape=(1, 2)), r"Unrecognized keyword arguments passed to SpatialDropout1D"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        SpatialDropout1D(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'maps' is incompatible.*expected ndim=3, found ndim=4"):
        SpatialDropout1D(0.5, name="maps")(np.zeros((2, 3, 4, 5)))
