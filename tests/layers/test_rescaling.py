"""Rescaling: output shape, worked example, contract, the reference, rejections."""

import json

import numpy as np
import pytest

from cnn_scratch.layers import Rescaling
from cnn_scratch.reference.rescaling import rescaling, rescaling_gradient
from tests.contract import check_layer

CASES = [
    dict(scale=1 / 255),
    dict(scale=1 / 127.5, offset=-1),
    dict(scale=[0.5, 2.0], offset=[1, -1]),
    dict(scale=2.0, offset=[[3.0], [4.0], [5.0]]),
]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, None, None, 3), (None, 5, 3), (4, None)])
def test_output_shape(shape):
    assert Rescaling([1.0, 2.0, 3.0], 0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Rescaling([2, 10], offset=[1, -1])
    outputs, cache = layer.forward(np.array([[1, 2], [3, 4]], np.uint8))
    np.testing.assert_array_equal(outputs, [[3, 19], [7, 39]])
    np.testing.assert_array_equal(layer.backward(np.array([[1, 1], [2, 3]]), cache), [[2, 10], [4, 30]])


@pytest.mark.parametrize("scale", [(2, 3), np.array([2.0, 3.0]), [2, 3]])
def test_scale_may_be_any_sequence(scale):
    layer = Rescaling(scale, offset=np.float32(1))
    np.testing.assert_array_equal(layer(np.ones((1, 2))), [[3, 4]])
    again = Rescaling.from_config(json.loads(json.dumps(layer.get_config())))
    np.testing.assert_array_equal(again(np.ones((1, 2))), [[3, 4]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", CASES)
def test_contract(options):
    check_layer(Rescaling(**options), (2, 3, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-15), ("float32", 4 * 2**-24)])
def test_equals_reference(options, dtype, tolerance):
    """The scale, the product and the sum are each rounded once."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(4, 3, 2)).astype(dtype)
    layer = Rescaling(**options, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    expected = rescaling(inputs.astype("float64"), **options)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = rescaling_gradient(upstream.astype("float64"), options["scale"])
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(scale=None), r"`scale` argument must be a number or a list of numbers. Received: scale=None"),
        (dict(scale="1/255"), r"`scale` argument .*Received: scale='1/255'"),
        (dict(scale=["a"]), r"`scale` argument .*Received: scale=\['a'\]"),
        (dict(scale=1.0, offset={"value": 1}), r"`offset` argument .*Received: offset=\{'value': 1\}"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Rescaling(**options)


@pytest.mark.parametrize("shape", [(2, 3), (2, 1), (2, 2, 3)])
def test_rejects_inputs(shape):
    with pytest.raises(
        ValueError, match=r"`offset` of layer 'range' has shape \(2,\).*Received: shape \(2, "
    ):
        Rescaling(1.0, offset=[1.0, 2.0], name="range")(np.zeros(shape))
