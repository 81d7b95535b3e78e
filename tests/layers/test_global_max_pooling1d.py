"""GlobalMaxPooling1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import GlobalMaxPooling1D
from cnn_scratch.reference.global_max_pooling1d import global_max_pooling1d, global_max_pooling1d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {"plain": {}}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 7), (2, 7)),
        (dict(keepdims=True), (None, None, 7), (None, 1, 7)),
        (dict(data_format="channels_first"), (2, 7, 5), (2, 7)),
        (dict(data_format="channels_first", keepdims=True), (2, 7, 5), (2, 7, 1)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert GlobalMaxPooling1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = GlobalMaxPooling1D()
    outputs, cache = layer.forward(np.array([[[1.0, 8.0], [3.0, 4.0]]]))
    np.testing.assert_array_equal(outputs, [[3, 8]])
    np.testing.assert_array_equal(layer.backward(np.array([[5, 7]]), cache), [[[0, 7], [5, 0]]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(GlobalMaxPooling1D(**CASES[case]), (3, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(GlobalMaxPooling1D(keepdims=True, data_format="channels_first"), (2, 3, 5), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    """Nothing is rounded."""
    layer = GlobalMaxPooling1D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return global_max_pooling1d(inputs), global_max_pooling1d_gradient(inputs, upstream)

    check_definition(layer, (3, 6, 2), define, bound=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(data_format="NHWC"), ValueError, r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        GlobalMaxPooling1D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        GlobalMaxPooling1D(name="mine")(np.zeros(shape))
