"""AdaptiveMaxPooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import AdaptiveMaxPooling2D
from cnn_scratch.reference.adaptive_max_pooling2d import (
    adaptive_max_pooling2d,
    adaptive_max_pooling2d_gradient,
)
from tests.contract import check_layer
from tests.definition import check_definition
from tests.refusals import ADAPTIVE_POOLING2D

CASES = {
    "windows of one size": dict(output_size=(2, 3)),
    "windows that overlap": dict(output_size=(3, 4)),
    "one number": dict(output_size=1),
    "more windows than pixels": dict(output_size=(9, 7)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(output_size=2), (2, 5, 6, 7), (2, 2, 2, 7)),
        (dict(output_size=[1, 3]), (None, None, None, 7), (None, 1, 3, 7)),
        (dict(output_size=(2, 3), data_format="channels_first"), (2, 7, 5, 6), (2, 7, 2, 3)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert AdaptiveMaxPooling2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = AdaptiveMaxPooling2D((1, 2))
    outputs, cache = layer.forward(np.array([1, 7, 3]).reshape(1, 1, 3, 1))
    np.testing.assert_array_equal(outputs.ravel(), [7, 7])
    grad_image = layer.backward(np.array([2, 20]).reshape(1, 1, 2, 1), cache)
    np.testing.assert_array_equal(grad_image.ravel(), [0, 22, 0])


def test_of_equal_numbers_the_leftmost_column_counts():
    layer = AdaptiveMaxPooling2D(1)
    _, cache = layer.forward(np.array([[0, 5], [5, 5]]).reshape(1, 2, 2, 1))
    grad_image = layer.backward(np.ones((1, 1, 1, 1)), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 0], [1, 0]])


def test_nan_reaches_exactly_the_windows_that_hold_it():
    image = np.ones((1, 4, 4, 1))
    image[0, 1, 2, 0] = np.nan
    outputs = AdaptiveMaxPooling2D(2)(image)
    np.testing.assert_array_equal(np.isnan(outputs[0, :, :, 0]), [[False, True], [False, False]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(AdaptiveMaxPooling2D(**CASES[case]), (2, 4, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(AdaptiveMaxPooling2D((3, 2), data_format="channels_first"), (2, 2, 5, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum over at most 9 windows."""
    layer = AdaptiveMaxPooling2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return adaptive_max_pooling2d(inputs, layer.output_size), adaptive_max_pooling2d_gradient(
            inputs, upstream, layer.output_size
        )

    check_definition(layer, (2, 4, 6, 3), define, 9 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "error", "message"), ADAPTIVE_POOLING2D)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        AdaptiveMaxPooling2D(**options)


def test_rejects_another_rank():
    with pytest.raises(ValueError, match=r"'mine' is incompatible.*expected ndim=4, found ndim=3"):
        AdaptiveMaxPooling2D(2, name="mine")(np.zeros((2, 3, 4)))
