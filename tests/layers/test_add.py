"""Add: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Add
from cnn_scratch.reference.add import add, add_gradient
from tests.contract import check_layer
from tests.merging import MERGED_SHAPES, REFUSED_SHAPES, SHAPES_TO_MERGE, check_definition
from tests.several import some_inputs

CASES = SHAPES_TO_MERGE


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_shapes", "expected"), MERGED_SHAPES)
def test_output_shape(input_shapes, expected):
    assert Add().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [3, 4]]]), np.array([[10, 20]])]
    outputs, cache = Add().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[11, 22], [13, 24]]])
    grads = Add().backward(np.array([[[1, 2], [3, 5]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[1, 2], [3, 5]]])
    np.testing.assert_array_equal(grads[1], [[4, 7]])


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.add(inputs, dtype="float64"), add(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Add(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    check_definition(Add(dtype=dtype), add, add_gradient, CASES[case])


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Add` layer should be called on a list of at least 1 input. Received: input_shape=\[\]"),
        ((2, 3), r"a list of at least 1 input. Received: input_shape=\(2, 3\)"),
        *REFUSED_SHAPES,
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Add(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Add()(np.ones((2, 3)))
