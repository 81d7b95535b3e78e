"""Cropping2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Cropping2D
from cnn_scratch.reference.cropping2d import cropping2d, cropping2d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {
    "one number": dict(cropping=1),
    "rows and columns": dict(cropping=(0, 2)),
    "four sides": dict(cropping=((1, 2), (0, 3))),
    "nothing": {},
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 6, 7), (2, 5, 6, 7)),
        (dict(cropping=1), (2, 5, 6, 7), (2, 3, 4, 7)),
        (dict(cropping=(1, 2)), (None, 5, None, 7), (None, 3, None, 7)),
        (dict(cropping=((1, 2), (0, 3)), data_format="channels_first"), (2, 7, 5, 6), (2, 7, 2, 3)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Cropping2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.arange(12).reshape(1, 3, 4, 1)
    layer = Cropping2D(((1, 0), (0, 2)))
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[4, 5], [8, 9]])
    grad_image = layer.backward(np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Cropping2D(**CASES[case]), (2, 4, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(Cropping2D(((1, 0), (0, 2)), data_format="channels_first"), (2, 2, 5, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    """Numbers are only moved: the same bits."""
    layer = Cropping2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return cropping2d(inputs, layer.cropping), cropping2d_gradient(inputs, upstream, layer.cropping)

    check_definition(layer, (3, 5, 6, 2), define, bound=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(cropping=-1), ValueError, r">= 0. Received: 1st entry of cropping=-1"),
        (dict(cropping=(1, (2, -3))), ValueError, r">= 0. Received: 2nd entry of cropping=\(2, -3\)"),
        (dict(cropping=(1, 2, 3)), ValueError, r"either an int, .*Received: cropping=\(1, 2, 3\)"),
        (dict(cropping=None), ValueError, r"either an int, .*Received: cropping=None"),
        (dict(data_format="NHWC"), ValueError, r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        Cropping2D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 4), r"'mine' is incompatible.*expected ndim=4, found ndim=3"),
        (
            (1, 3, 9, 1),
            r"'mine' should be smaller than the image.*\(1, 3, 9, 1\), cropping=\(\(1, 2\), \(3, 0\)\)",
        ),
        ((1, 4, 3, 1), r"'mine' should be smaller"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        Cropping2D(((1, 2), (3, 0)), name="mine")(np.zeros(shape))
