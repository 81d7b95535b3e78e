"""AdaptiveAveragePooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import AdaptiveAveragePooling2D
from cnn_scratch.reference.adaptive_average_pooling2d import (
    adaptive_average_pooling2d,
    adaptive_average_pooling2d_gradient,
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
    assert AdaptiveAveragePooling2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = AdaptiveAveragePooling2D((1, 2))
    outputs, cache = layer.forward(np.array([1, 3, 7]).reshape(1, 1, 3, 1))
    np.testing.assert_array_equal(outputs.ravel(), [2, 5])
    grad_image = layer.backward(np.array([2, 20]).reshape(1, 1, 2, 1), cache)
    np.testing.assert_array_equal(grad_image.ravel(), [1, 1 + 10, 10])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(AdaptiveAveragePooling2D(**CASES[case]), (2, 4, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        AdaptiveAveragePooling2D((3, 2), data_format="channels_first"), (2, 2, 5, 4), training=(False,)
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A window has at most 24 pixels, and a pixel at most 9 windows."""
    layer = AdaptiveAveragePooling2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return adaptive_average_pooling2d(inputs, layer.output_size), adaptive_average_pooling2d_gradient(
            inputs, upstream, layer.output_size
        )

    check_definition(layer, (2, 4, 6, 3), define, 50 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "error", "message"), ADAPTIVE_POOLING2D)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        AdaptiveAveragePooling2D(**options)


def test_rejects_another_rank():
    with pytest.raises(ValueError, match=r"'mine' is incompatible.*expected ndim=4, found ndim=3"):
        AdaptiveAveragePooling2D(2, name="mine")(np.zeros((2, 3, 4)))
