"""Average: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Average
from cnn_scratch.reference.average import average, average_gradient
from tests.contract import check_layer
from tests.merging import MERGED_SHAPES, REFUSED_SHAPES, SHAPES_TO_MERGE, check_definition
from tests.several import some_inputs

CASES = SHAPES_TO_MERGE


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_shapes", "expected"), MERGED_SHAPES)
def test_output_shape(input_shapes, expected):
    assert Average().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [3, 4]]]), np.array([[11, 20]])]
    outputs, cache = Average().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[6, 11], [7, 12]]])
    grads = Average().backward(np.array([[[2, 4], [6, 10]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[1, 2], [3, 5]]])
    np.testing.assert_array_equal(grads[1], [[4, 7]])


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.average(inputs, dtype="float64"), average(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Average(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    check_definition(Average(dtype=dtype), average, average_gradient, CASES[case])


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Average` layer should be called on a list of at least 1 input. Received: input_shape=\[\]"),
        ((2, 3), r"a list of at least 1 input. Received: input_shape=\(2, 3\)"),
        *REFUSED_SHAPES,
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Average(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Average()(np.ones((2, 3)))
