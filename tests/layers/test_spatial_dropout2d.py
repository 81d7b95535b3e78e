"""SpatialDropout2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers.spatial_dropout2d import SpatialDropout2D
from cnn_scratch.reference.spatial_dropout2d import spatial_dropout2d, spatial_dropout2d_gradient
from tests.contract import check_layer

CASES = {
    "plain": dict(rate=0.4),
    "channels first": dict(rate=0.4, data_format="channels_first"),
    "rate 0": dict(rate=0),
    "rate 1": dict(rate=1.0),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7, 8, 3), (2, 3, 4, 5), (None, None, None, 3)])
def test_output_shape(shape):
    assert SpatialDropout2D(0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Seed 3 keeps the first of two maps and drops the second; kept numbers are doubled."""
    layer = SpatialDropout2D(0.5, seed=3)
    image = np.arange(8).reshape(1, 2, 2, 2)
    outputs, cache = layer.forward(image, training=True)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[0, 4], [8, 12]])
    np.testing.assert_array_equal(outputs[0, :, :, 1], 0)
    grad_image = layer.backward(-image, cache)
    np.testing.assert_array_equal(grad_image, -outputs)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_map_is_dropped_whole_or_not_at_all(data_format):
    layer = SpatialDropout2D(0.5, data_format=data_format, seed=1)
    outputs = layer(np.ones((8, 5, 6, 7)), training=True)
    pixels = (1, 2) if data_format == "channels_last" else (2, 3)
    least, most = outputs.min(axis=pixels), outputs.max(axis=pixels)
    np.testing.assert_array_equal(least, most)
    assert set(np.unique(most)) == {0.0, 2.0}
    assert len(np.unique(most, axis=0)) > 1  # every image has a mask of its own


def test_inference_returns_the_very_inputs():
    inputs = np.ones((2, 3, 3, 2), np.float32)
    assert SpatialDropout2D(0.5)(inputs) is inputs


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(SpatialDropout2D(**CASES[case], seed=3), (3, 4, 5, 2))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(case, dtype):
    rng = np.random.default_rng(7)
    inputs, upstream = rng.normal(size=(2, 9, 4, 5, 6)).astype(dtype)
    layer = SpatialDropout2D(**CASES[case], seed=3, dtype=dtype)
    first = layer.data_format == "channels_first"
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    grad_inputs = layer.backward(upstream, cache)
    if first:
        inputs, upstream, outputs, grad_inputs = (
            np.moveaxis(array, 1, -1) for array in (inputs, upstream, outputs, grad_inputs)
        )
    tolerance = np.finfo(dtype).eps  # the factor is rounded once, the product once
    expected = spatial_dropout2d(inputs.astype("float64"), layer.rate, (3, 1))
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=0)
    expected = spatial_dropout2d_gradient(upstream.astype("float64"), layer.rate, (3, 1))
    np.testing.assert_allclose(grad_inputs, expected, rtol=tolerance, atol=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(rate=-0.1), r"`rate`. Expected a float value between 0 and 1. Received: rate=-0.1"),
        (dict(rate=2), r"`rate`. Expected a float value between 0 and 1. Received: rate=2"),
        (dict(rate=0.5, data_format="NHWC"), r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
        (dict(rate=0.5, seed="x"), r"`seed` argument to be an integer or None. Received: seed=x"),
        (dict(rate=0.5, noise_shape=(1, 2)), r"Unrecognized keyword arguments passed to SpatialDropout2D"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        SpatialDropout2D(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'maps' is incompatible.*expected ndim=4, found ndim=2"):
        SpatialDropout2D(0.5, name="maps")(np.zeros((2, 3)))
