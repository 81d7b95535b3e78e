"""Cropping1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Cropping1D
from cnn_scratch.reference.cropping1d import cropping1d, cropping1d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

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
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    """Numbers are only moved: the same bits."""
    layer = Cropping1D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return cropping1d(inputs, layer.cropping), cropping1d_gradient(inputs, upstream, layer.cropping)

    check_definition(layer, (2, 6, 2), define, bound=0)


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
