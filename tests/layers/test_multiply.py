"""Multiply: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Multiply
from cnn_scratch.reference.multiply import multiply, multiply_gradient
from tests.contract import check_layer
from tests.merging import MERGED_SHAPES, REFUSED_SHAPES, SHAPES_TO_MERGE, check_definition
from tests.several import some_inputs

CASES = SHAPES_TO_MERGE | {
    "a scale behind its images": [(2, 3, 4, 5), (2, 1, 1, 5)],
    "a scale before its images": [(3, 5), (3, 2, 3, 5)],
    "a scale for one channel": [(2, 3, 1), (2, 1, 1)],
    "not a scale": [(2, 3, 4, 1), (2, 1, 1, 5)],
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_shapes", "expected"), MERGED_SHAPES)
def test_output_shape(input_shapes, expected):
    assert Multiply().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [3, 4]]]), np.array([[10, 20]])]
    outputs, cache = Multiply().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[10, 40], [30, 80]]])
    grads = Multiply().backward(np.array([[[1, 2], [3, 5]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[10, 40], [30, 100]]])
    np.testing.assert_array_equal(grads[1], [[1 * 1 + 3 * 3, 2 * 2 + 5 * 4]])


def test_the_gradient_where_an_input_is_0():
    """The product of the others is not the output divided by the input, which would be 0 / 0."""
    layer = Multiply()
    outputs, cache = layer.forward([np.array([[0, 0, 2]]), np.array([[3, 0, 5]]), np.array([[7, 7, 7]])])
    np.testing.assert_array_equal(outputs, [[0, 0, 70]])
    grads = layer.backward(np.ones((1, 3)), cache)
    np.testing.assert_array_equal(grads, [[[21, 0, 35]], [[0, 0, 14]], [[0, 0, 10]]])


def test_a_scale_for_images_without_pixels():
    outputs, cache = Multiply().forward([np.ones((2, 0, 3, 4)), np.ones((2, 1, 1, 4))])
    assert outputs.shape == (2, 0, 3, 4)
    grads = Multiply().backward(outputs, cache)
    np.testing.assert_array_equal(grads[1], np.zeros((2, 1, 1, 4)))


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.multiply(inputs, dtype="float64"), multiply(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Multiply(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    check_definition(Multiply(dtype=dtype), multiply, multiply_gradient, CASES[case])


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Multiply` layer should be called on a list of at least 1 input. Received: input_shape=\[\]"),
        ((2, 3), r"a list of at least 1 input. Received: input_shape=\(2, 3\)"),
        *REFUSED_SHAPES,
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Multiply(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Multiply()(np.ones((2, 3)))
