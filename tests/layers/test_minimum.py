"""Minimum: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Minimum
from cnn_scratch.reference.minimum import minimum, minimum_gradient
from tests.contract import check_layer
from tests.merging import MERGED_SHAPES, REFUSED_SHAPES, SHAPES_TO_MERGE, check_definition
from tests.several import some_inputs

CASES = SHAPES_TO_MERGE


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_shapes", "expected"), MERGED_SHAPES)
def test_output_shape(input_shapes, expected):
    assert Minimum().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [30, 4]]]), np.array([[10, 20]])]
    outputs, cache = Minimum().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[1, 2], [10, 4]]])
    grads = Minimum().backward(np.array([[[1, 2], [3, 5]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[1, 2], [0, 5]]])
    np.testing.assert_array_equal(grads[1], [[3, 0]])


def test_the_first_of_equal_inputs_gets_the_gradient():
    layer = Minimum()
    outputs, cache = layer.forward([np.array([[1, 4, 5]]), np.array([[1, 4, 6]]), np.array([[2, 3, 5]])])
    np.testing.assert_array_equal(outputs, [[1, 3, 5]])
    grads = layer.backward(np.array([[7, 8, 9]]), cache)
    np.testing.assert_array_equal(grads, [[[7, 0, 9]], [[0, 0, 0]], [[0, 8, 0]]])


def test_nan_in_any_input_makes_the_output_nan():
    inputs = [np.array([[np.nan, 1, -np.inf]]), np.array([[1, np.nan, np.nan]])]
    assert np.isnan(Minimum()(inputs)).all()


def test_an_infinite_gradient_stays_where_it_belongs():
    layer = Minimum()
    _, cache = layer.forward([np.array([[1.0]]), np.array([[2.0]])])
    grads = layer.backward(np.array([[np.inf]]), cache)
    np.testing.assert_array_equal(grads, [[[np.inf]], [[0]]])


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.minimum(inputs, dtype="float64"), minimum(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Minimum(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    check_definition(Minimum(dtype=dtype), minimum, minimum_gradient, CASES[case])


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Minimum` layer should be called on a list of at least 1 input. Received: input_shape=\[\]"),
        ((2, 3), r"a list of at least 1 input. Received: input_shape=\(2, 3\)"),
        *REFUSED_SHAPES,
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Minimum(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Minimum()(np.ones((2, 3)))
