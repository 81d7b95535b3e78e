"""ELU: output shape, worked example, contract, the reference, rejections."""

import math

import numpy as np
import pytest

from cnn_scratch.layers import ELU
from cnn_scratch.reference.elu import elu, elu_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, 4, 5, 6), (None,)])
def test_output_shape(shape):
    assert ELU().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """e^−ln 2 = ½, so the output is 3·(½ − 1) and the slope 3·½."""
    layer = ELU(alpha=3.0, dtype="float64")
    outputs, cache = layer.forward(np.array([[-math.log(2), 0, 4]]))
    np.testing.assert_allclose(outputs, [[-1.5, 0, 4]], rtol=1e-14)
    grad_inputs = layer.backward(np.array([[2.0, 2.0, 2.0]]), cache)
    np.testing.assert_allclose(grad_inputs, [[3, 6, 2]], rtol=1e-14)


def test_levels_off():
    np.testing.assert_array_equal(ELU(2)(np.array([[-1e4, 1e4, np.nan]])), [[-2, 1e4, np.nan]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1.0, 0.3, 0])
def test_contract(alpha):
    check_layer(ELU(alpha), (3, 2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 8 * 2**-24)])
def test_equals_reference(dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(40, 3)).astype(dtype)
    layer = ELU(0.7, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = inputs.astype("float64")
    np.testing.assert_allclose(outputs, elu(exact, 0.7), rtol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = elu_gradient(exact, upstream, 0.7)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=2 * tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [-1.0, None, "1"])
def test_rejects_alpha(alpha):
    with pytest.raises(
        ValueError, match=r"`alpha` of activation 'elu' must be a number ≥ 0. Received: alpha="
    ):
        ELU(alpha)
