"""UnitNormalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import UnitNormalization
from cnn_scratch.reference.unit_normalization import unit_normalization, unit_normalization_gradient
from tests.contract import check_layer

AXES = [-1, 1, [1, 2], (-1, 0)]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (None, None, None), (2, 3, 4)])
def test_output_shape(shape):
    assert UnitNormalization().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """3² + 4² = 5². A gradient along the vector would only make it longer, and is lost."""
    layer = UnitNormalization()
    outputs, cache = layer.forward(np.array([[3, 4], [0, -2]]))
    np.testing.assert_allclose(outputs, [[0.6, 0.8], [0, -1]], rtol=1e-6)
    grad_inputs = layer.backward(np.array([[30, 40], [5, 9]]), cache)
    np.testing.assert_allclose(grad_inputs, [[0, 0], [2.5, 0]], atol=1e-5)


def test_zeros_stay_zeros():
    layer = UnitNormalization(dtype="float64")
    outputs, cache = layer.forward(np.array([[0, 0], [1e-13, 0]]))
    np.testing.assert_allclose(outputs, [[0, 0], [0.1, 0]], rtol=1e-12)
    grad_inputs = layer.backward(np.array([[1, 2], [3, 4]]), cache)
    np.testing.assert_allclose(grad_inputs, [[1e12, 2e12], [3e12, 4e12]], rtol=1e-12)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_contract(axis):
    check_layer(UnitNormalization(axis), (3, 4, 5), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 16 * 2**-24)])
def test_equals_reference(axis, dtype, tolerance):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 3, 4, 5)).astype(dtype)
    layer = UnitNormalization(axis, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    grad_inputs = layer.backward(upstream, cache)
    axes = axis if isinstance(axis, int) else tuple(axis)
    exact, exact_upstream = inputs.astype("float64"), upstream.astype("float64")
    for ours, theirs in (
        (outputs, unit_normalization(exact, axes)),
        (grad_inputs, unit_normalization_gradient(exact, exact_upstream, axes)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()))


# Rejects --------------------------------------------------------------------------------------


def test_rejects_arguments():
    with pytest.raises(ValueError, match=r"integer or a list of integers. Received: axis=0.5"):
        UnitNormalization(axis=0.5)


@pytest.mark.parametrize("axis", [2, -3, [0, 0], [1, -1]])
def test_rejects_inputs(axis):
    with pytest.raises(ValueError, match=r"'unit' must name axes of its input, each once. Received: axis="):
        UnitNormalization(axis, name="unit")(np.zeros((2, 3)))
