"""ReLU: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import ReLU
from cnn_scratch.reference.re_lu import re_lu, re_lu_gradient
from tests.contract import check_layer

CASES = {
    "plain": {},
    "max_value": dict(max_value=0.7),
    "negative_slope": dict(negative_slope=0.2),
    "threshold": dict(threshold=0.5),
    "all": dict(max_value=1.1, negative_slope=0.3, threshold=0.4),
    "integers": dict(max_value=6, negative_slope=0, threshold=1),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, 4, 5, 6), (None,)])
def test_output_shape(shape):
    assert ReLU().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = ReLU(max_value=4, negative_slope=0.5, threshold=1)
    outputs, cache = layer.forward(np.array([[-3, 0, 2, 9]]))
    np.testing.assert_array_equal(outputs, [[-2, -0.5, 2, 4]])
    np.testing.assert_array_equal(layer.backward(np.array([[1, 2, 3, 4]]), cache), [[0.5, 1, 3, 0]])


def test_a_nan_stays():
    np.testing.assert_array_equal(ReLU()(np.array([[np.nan, -1]])), [[np.nan, 0]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(ReLU(**CASES[case]), (3, 2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-15), ("float32", 4 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(40, 3)).astype(dtype)
    layer = ReLU(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_allclose(outputs, re_lu(inputs, **CASES[case]), rtol=tolerance, atol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = re_lu_gradient(inputs, upstream, **CASES[case])
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(max_value=-1), r"max_value of a ReLU layer cannot be a negative value. Received: max_value=-1"),
        (dict(negative_slope=-1), r"negative_slope of a ReLU layer .*Received: negative_slope=-1"),
        (dict(negative_slope=None), r"negative_slope of a ReLU layer .*Received: negative_slope=None"),
        (dict(threshold=-1), r"threshold of a ReLU layer .*Received: threshold=-1"),
        (dict(alpha=1), r"Unrecognized keyword arguments passed to ReLU: .*alpha"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        ReLU(**options)
