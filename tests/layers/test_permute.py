"""Permute: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Permute
from cnn_scratch.reference.permute import permute, permute_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {
    "matrices": dict(dims=(2, 1)),
    "images": dict(dims=(3, 1, 2)),
    "nothing": dict(dims=(1, 2, 3)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(dims=(2, 1)), (2, 5, 6), (2, 6, 5)),
        (dict(dims=[3, 1, 2]), (None, 5, None, 7), (None, 7, 5, None)),
        (dict(dims=(1,)), (2, 5), (2, 5)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Permute(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Permute((2, 1))
    outputs, cache = layer.forward(np.array([[[1, 2, 3], [4, 5, 6]]]))
    np.testing.assert_array_equal(outputs, [[[1, 4], [2, 5], [3, 6]]])
    grad = layer.backward(np.array([[[1, 2], [3, 4], [5, 6]]]), cache)
    np.testing.assert_array_equal(grad, [[[1, 3, 5], [2, 4, 6]]])


def test_three_axes_there_and_back():
    """A cycle of three axes is not its own inverse."""
    layer = Permute((2, 3, 1))
    inputs = np.arange(24.0).reshape(1, 2, 3, 4)
    outputs, cache = layer.forward(inputs)
    assert outputs[0, 1, 3, 0] == inputs[0, 0, 1, 3]
    np.testing.assert_array_equal(layer.backward(outputs, cache), inputs)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(
        Permute(**CASES[case]),
        (2, 3, 4) if len(CASES[case]["dims"]) == 2 else (2, 3, 2, 4),
        training=(False,),
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    """Numbers are only moved: the same bits."""
    layer = Permute(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return permute(inputs, layer.dims), permute_gradient(inputs, upstream, layer.dims)

    check_definition(layer, (2, 3, 4) if case == "matrices" else (2, 3, 2, 4), define, bound=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(dims=(0, 1)), ValueError, r"consecutive and start from 1. Received: dims=\(0, 1\)"),
        (dict(dims=(1, 3)), ValueError, r"Received: dims=\(1, 3\)"),
        (dict(dims=(1, 1)), ValueError, r"Received: dims=\(1, 1\)"),
        (dict(dims=2), ValueError, r"Received: dims=2"),
        (dict(dims=("a",)), ValueError, r"Received: dims=\('a',\)"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        Permute(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
        ((2, 3, 4, 5), r"expected ndim=3, found ndim=4"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        Permute((2, 1), name="mine")(np.zeros(shape))
