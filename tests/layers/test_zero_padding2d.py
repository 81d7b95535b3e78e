"""ZeroPadding2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import ZeroPadding2D
from cnn_scratch.reference.zero_padding2d import zero_padding2d, zero_padding2d_gradient
from tests.contract import check_layer

CASES = [2, (1, 3), ((1, 2), (3, 0)), ((0, 1), (0, 1)), 0]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 6, 7), (2, 7, 8, 7)),
        (dict(padding=(1, 3)), (None, 5, 6, 7), (None, 7, 12, 7)),
        (dict(padding=((1, 2), (3, 4))), (2, 5, None, 7), (2, 8, None, 7)),
        (dict(padding=((1, 2), (3, 4)), data_format="channels_first"), (2, 7, 5, 6), (2, 7, 8, 13)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert ZeroPadding2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
    layer = ZeroPadding2D(((1, 0), (0, 2)))
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]])
    grad_image = layer.backward(np.arange(12).reshape(1, 3, 4, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[4, 5], [8, 9]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", CASES)
def test_contract(padding):
    check_layer(ZeroPadding2D(padding), (2, 3, 4, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        ZeroPadding2D(((1, 2), (0, 3)), data_format="channels_first"), (2, 3, 4, 2), training=(False,)
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(dtype):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(3, 4, 5, 2)).astype(dtype)
    layer = ZeroPadding2D(((1, 2), (3, 0)), dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, zero_padding2d(inputs, layer.padding))
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = zero_padding2d_gradient(inputs, upstream, layer.padding)
    np.testing.assert_array_equal(layer.backward(upstream, cache), expected)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("padding", "message"),
    [
        ((1, 2, 3), r"either an int, .*Received: padding=\(1, 2, 3\)"),
        (None, r"either an int, .*Received: padding=None"),
        (1.5, r"either an int, .*Received: padding=1.5"),
        (-1, r">= 0. Received: 1st entry of padding=-1"),
        ((1, (2, -3)), r">= 0. Received: 2nd entry of padding=\(2, -3\)"),
        (((1, 2, 3), 1), r"tuple of 2 integers.*Received: 1st entry of padding=\(1, 2, 3\)"),
        ("ab", r"tuple of 2 integers.*Received: 1st entry of padding='a'"),
    ],
)
def test_rejects_padding(padding, message):
    with pytest.raises(ValueError, match=message):
        ZeroPadding2D(padding)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'pad' is incompatible.*expected ndim=4, found ndim=3"):
        ZeroPadding2D(name="pad")(np.zeros((2, 3, 4)))
