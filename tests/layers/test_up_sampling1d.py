"""UpSampling1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import UpSampling1D
from cnn_scratch.reference.up_sampling1d import up_sampling1d, up_sampling1d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {"once": dict(size=1), "three times": dict(size=3)}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 7), (2, 10, 7)),
        (dict(size=3), (None, None, 7), (None, None, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert UpSampling1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = UpSampling1D(2)
    outputs, cache = layer.forward(np.array([1, 3]).reshape(1, 2, 1))
    np.testing.assert_array_equal(outputs.ravel(), [1, 1, 3, 3])
    np.testing.assert_array_equal(
        layer.backward(np.arange(4).reshape(1, 4, 1), cache).ravel(), [0 + 1, 2 + 3]
    )


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(UpSampling1D(**CASES[case]), (2, 3, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum of three."""
    layer = UpSampling1D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return up_sampling1d(inputs, layer.size), up_sampling1d_gradient(inputs, upstream, layer.size)

    check_definition(layer, (2, 3, 2), define, 3 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(size=0), ValueError, r"`size` should be a positive integer. Received: size=0"),
        (dict(size=1.5), TypeError, r"Expected an integer value for `size`. Received: size=1.5"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        UpSampling1D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        UpSampling1D(name="mine")(np.zeros(shape))
