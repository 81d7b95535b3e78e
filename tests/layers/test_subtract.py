"""Subtract: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Subtract
from cnn_scratch.reference.subtract import subtract, subtract_gradient
from tests.contract import check_layer
from tests.merging import MERGED_SHAPES, REFUSED_SHAPES, SHAPES_TO_MERGE, check_definition
from tests.several import some_inputs

CASES = {name: shapes for name, shapes in SHAPES_TO_MERGE.items() if len(shapes) == 2}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_shapes", "expected"), [case for case in MERGED_SHAPES if len(case[0]) == 2])
def test_output_shape(input_shapes, expected):
    assert Subtract().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [3, 4]]]), np.array([[10, 20]])]
    outputs, cache = Subtract().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[-9, -18], [-7, -16]]])
    grads = Subtract().backward(np.array([[[1, 2], [3, 5]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[1, 2], [3, 5]]])
    np.testing.assert_array_equal(grads[1], [[-4, -7]])


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.subtract(inputs, dtype="float64"), subtract(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Subtract(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    check_definition(Subtract(dtype=dtype), subtract, subtract_gradient, CASES[case])


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Subtract` layer should be called on a list of exactly 2 inputs. Received: input_shape=\[\]"),
        ((2, 3), r"a list of exactly 2 inputs. Received: input_shape=\(2, 3\)"),
        ([(2, 3)] * 3, r"exactly 2 inputs. Received: input_shape=\[(\(2, 3\)(, )?){3}\]"),
        *REFUSED_SHAPES,
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Subtract(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Subtract()(np.ones((2, 3)))
