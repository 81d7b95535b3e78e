"""Softmax: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Softmax
from cnn_scratch.reference.softmax import softmax, softmax_gradient
from tests.contract import check_layer

AXES = [-1, 1, -2, [1, 2], [-1, 1], (2,)]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, 4, 5, 6)])
def test_output_shape(shape):
    assert Softmax().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """e^0 : e^ln 3 is 1 : 3. With p = (¼, ¾) and g = (4, 0), Σ g·p = 1: the gradient is p·(g − 1)."""
    layer = Softmax(dtype="float64")
    outputs, cache = layer.forward(np.array([[0, np.log(3)]]))
    np.testing.assert_allclose(outputs, [[0.25, 0.75]], rtol=1e-14)
    np.testing.assert_allclose(layer.backward(np.array([[4, 0]]), cache), [[0.75, -0.75]], rtol=1e-14)


def test_large_numbers():
    np.testing.assert_array_equal(Softmax()(np.array([[1e4, -1e4], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
def test_contract(axis):
    check_layer(Softmax(axis), (3, 2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 20 * 2**-24)])
def test_equals_reference(axis, dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(6, 3, 5)).astype(dtype)
    layer = Softmax(axis, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact, axis = inputs.astype("float64"), tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_allclose(outputs, softmax(exact, axis), rtol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = softmax_gradient(exact, upstream, axis)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [1.5, None, [], "a", [0, None]])
def test_rejects_axis(axis):
    with pytest.raises(
        ValueError, match=r"`axis` of activation 'softmax' must be an integer.*Received: axis="
    ):
        Softmax(axis)


@pytest.mark.parametrize("axis", [2, -3, [1, -1], [0, 5]])
def test_rejects_inputs(axis):
    with pytest.raises(ValueError, match=r"`axis` of layer 'chance' must name axes.*shape \(3, 4\)"):
        Softmax(axis, name="chance")(np.zeros((3, 4)))
