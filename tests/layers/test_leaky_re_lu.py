"""LeakyReLU: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import LeakyReLU
from cnn_scratch.reference.leaky_re_lu import leaky_re_lu, leaky_re_lu_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, 4, 5, 6), (None,)])
def test_output_shape(shape):
    assert LeakyReLU().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = LeakyReLU(0.5)
    outputs, cache = layer.forward(np.array([[-4, 0, 3]]))
    np.testing.assert_array_equal(outputs, [[-2, 0, 3]])
    np.testing.assert_array_equal(layer.backward(np.array([[2, 4, 6]]), cache), [[1, 2, 6]])


def test_default_slope():
    np.testing.assert_array_equal(LeakyReLU()(np.array([[-1]])), [[np.float32(-0.3)]])


def test_the_name_that_keras_2_had_for_the_slope():
    with pytest.warns(UserWarning, match="`alpha` is deprecated. Use `negative_slope` instead"):
        layer = LeakyReLU(alpha=0.25)
    assert layer.get_config()["negative_slope"] == 0.25
    np.testing.assert_array_equal(layer(np.array([[-8.0, 2.0]])), [[-2.0, 2.0]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("negative_slope", [0.3, 0, 1.5])
def test_contract(negative_slope):
    check_layer(LeakyReLU(negative_slope), (3, 2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-15), ("float32", 2 * 2**-24)])
def test_equals_reference(dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(40, 3)).astype(dtype)
    layer = LeakyReLU(0.1, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_allclose(outputs, leaky_re_lu(inputs, 0.1), rtol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = leaky_re_lu_gradient(inputs, upstream, 0.1)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("negative_slope", [-0.1, None])
def test_rejects_negative_slope(negative_slope):
    with pytest.raises(ValueError, match=r"cannot be None or negative.*Received: negative_slope="):
        LeakyReLU(negative_slope)
