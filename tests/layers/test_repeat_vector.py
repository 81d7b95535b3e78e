"""RepeatVector: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RepeatVector
from cnn_scratch.reference.repeat_vector import repeat_vector, repeat_vector_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {"once": dict(n=1), "three times": dict(n=3)}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(n=3), (2, 5), (2, 3, 5)),
        (dict(n=1), (None, None), (None, 1, None)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert RepeatVector(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = RepeatVector(3)
    outputs, cache = layer.forward(np.array([[1, 2]]))
    np.testing.assert_array_equal(outputs, [[[1, 2], [1, 2], [1, 2]]])
    np.testing.assert_array_equal(layer.backward(np.array([[[1, 2], [3, 4], [5, 6]]]), cache), [[9, 12]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(RepeatVector(**CASES[case]), (2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum of three."""
    layer = RepeatVector(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return repeat_vector(inputs, layer.n), repeat_vector_gradient(inputs, upstream, layer.n)

    check_definition(layer, (3, 4), define, 3 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(n=0), ValueError, r"`n` should be a positive integer. Received: n=0"),
        (dict(n=1.5), TypeError, r"Expected an integer value for `n`. Received: n=1.5"),
        (dict(n=True), TypeError, r"Received: n=True"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        RepeatVector(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 4), r"'mine' is incompatible.*expected ndim=2, found ndim=3"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        RepeatVector(2, name="mine")(np.zeros(shape))
