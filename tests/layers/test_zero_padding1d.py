"""ZeroPadding1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import ZeroPadding1D
from cnn_scratch.reference.zero_padding1d import zero_padding1d, zero_padding1d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {"one number": dict(padding=2), "two": dict(padding=(1, 3)), "nothing": dict(padding=0)}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 7), (2, 7, 7)),
        (dict(padding=(1, 3)), (None, None, 7), (None, None, 7)),
        (dict(padding=(1, 3), data_format="channels_first"), (2, 7, 5), (2, 7, 9)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert ZeroPadding1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = ZeroPadding1D((1, 2))
    outputs, cache = layer.forward(np.array([1, 3]).reshape(1, 2, 1))
    np.testing.assert_array_equal(outputs.ravel(), [0, 1, 3, 0, 0])
    np.testing.assert_array_equal(layer.backward(np.arange(5).reshape(1, 5, 1), cache).ravel(), [1, 2])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(ZeroPadding1D(**CASES[case]), (2, 3, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(ZeroPadding1D((1, 2), data_format="channels_first"), (2, 3, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    """Numbers are only moved: the same bits."""
    layer = ZeroPadding1D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return zero_padding1d(inputs, layer.padding), zero_padding1d_gradient(inputs, upstream, layer.padding)

    check_definition(layer, (2, 3, 2), define, bound=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(padding=-1), ValueError, r">= 0. Received: padding=-1"),
        (dict(padding=(1, 2, 3)), ValueError, r"tuple of 2 integers.*Received: padding=\(1, 2, 3\)"),
        (dict(data_format="NHWC"), ValueError, r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        ZeroPadding1D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        ZeroPadding1D(name="mine")(np.zeros(shape))
