"""Cropping1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Cropping1D
from cnn_scratch.reference.cropping1d import cropping1d, cropping1d_gradient
from tests.contract import check_layer

CASES = {"one number": dict(cropping=2), "two": dict(cropping=(1, 3)), "nothing": dict(cropping=0)}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 7), (2, 3, 7)),
        (dict(cropping=(1, 3)), (None, None, 7), (None, None, 7)),
        (dict(cropping=(0, 3)), (2, 5, 7), (2, 2, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Cropping1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Cropping1D((1, 2))
    outputs, cache = layer.forward(np.arange(5).reshape(1, 5, 1))
    np.testing.assert_array_equal(outputs.ravel(), [1, 2])
    np.testing.assert_array_equal(
        layer.backward(np.array([7, 8]).reshape(1, 2, 1), cache).ravel(), [0, 7, 8, 0, 0]
    )


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Cropping1D(**CASES[case]), (2, 6, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """Numbers are only moved: the same bits."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(2, 6, 2)).astype(dtype)
    layer = Cropping1D(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = inputs.astype("float64")
    expected = cropping1d(exact, layer.cropping)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=0 * epsilon * np.abs(exact).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = cropping1d_gradient(exact, upstream.astype("float64"), layer.cropping)
    grad_inputs = layer.backward(upstream, cache)
    np.testing.assert_allclose(grad_inputs, expected, rtol=0, atol=0 * epsilon * np.abs(expected).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(cropping=-1), ValueError, r">= 0. Received: cropping=-1"),
        (dict(cropping=(1, 2, 3)), ValueError, r"tuple of 2 integers.*Received: cropping=\(1, 2, 3\)"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        Cropping1D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
        ((1, 2, 3), r"`cropping` argument of layer 'mine' should be smaller"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        Cropping1D(name="mine")(np.zeros(shape))
